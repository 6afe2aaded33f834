"""google.rpc.Status of googleapis-common-protos, with types: that package has none."""

from google.rpc.status_pb2 import DESCRIPTOR, Status

__all__ = ["DESCRIPTOR", "Status"]
