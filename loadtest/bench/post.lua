-- POSTs of bodies from files, each #NUMBER# replaced by a new number; a JSON line at the end.
local bodies, number = {}, tonumber(os.getenv("FIRST_NUMBER"))
for index = 0, tonumber(os.getenv("BODY_COUNT")) - 1 do
  local file = assert(io.open(os.getenv("BODIES") .. "/body-" .. index, "rb"))
  local body = file:read("*a")
  local head, tail = body:match("^(.-)#NUMBER#(.*)$")
  table.insert(bodies, head and { head, tail } or { body })
  file:close()
end

wrk.method = "POST"
wrk.headers["Content-Type"] = os.getenv("CONTENT_TYPE")

function request()
  number = number + 1
  local body = bodies[number % #bodies + 1]
  if body[2] then
    return wrk.format(nil, nil, nil, body[1] .. string.format("%d", number) .. body[2])
  end
  return wrk.format(nil, nil, nil, body[1])
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "p50": %.3f, "p99": %.3f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
