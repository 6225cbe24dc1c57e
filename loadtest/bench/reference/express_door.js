// The reference: parse JSON, publish, answer before the broker has it. Nothing is validated.
const express = require("express");
const amqp = require("amqplib");

async function main() {
  const connection = await amqp.connect(process.env.AMQP_URL);
  const channel = await connection.createChannel();
  await channel.assertExchange("receipts", "fanout", { durable: true });
  const app = express();
  app.use(express.json());
  app.post("/receipt", (request, response) => {
    const receipt = { ...request.body, receivedTime: Date.now() / 1000 };
    channel.publish("receipts", "", Buffer.from(JSON.stringify(receipt)), {
      contentType: "application/json",
      persistent: true,
    });
    response.status(200).end();
  });
  app.listen(Number(process.env.ENTRYPOINT_PORT), "127.0.0.1");
}

main();
