"""A Spark data source for RabbitMQ streams; knows nothing of Tillstream.

spark.dataSource.register(RabbitMQStreamSource)
spark.readStream.format("rabbitmq-stream").option("urlEnv", "AMQP_URL").option("streams", "a,b")
"""

from .errors import BrokerLostError as BrokerLostError
from .errors import DataLossError as DataLossError
from .errors import DecodeError as DecodeError
from .errors import OptionError as OptionError
from .errors import StreamSilentError as StreamSilentError
from .errors import StreamSourceError as StreamSourceError
from .source import RabbitMQStreamSource as RabbitMQStreamSource
