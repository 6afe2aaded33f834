"""A client of Parallax, which compares official statements.

    from parallax_client import Client, Readout

    with Client("127.0.0.1:50051") as client:
        comparison = client.compare([Readout(text=ours, author_side="Kenya"), Readout(text=theirs, author_side="Peru")])

Messages and enums are those of the proto; those not listed here are in the modules of `parallax_client.v1`.
"""

from .client import Client
from .errors import ParallaxError, Violation
from .v1.comparison_pb2 import CompareOptions, Comparison, Engine, Point, PointKind, Relation
from .v1.comparison_service_pb2 import (
    CompareRequest,
    CompareStreamRequest,
    CompareStreamResponse,
    DescribeEngineResponse,
    ExtractPositionsResponse,
    ScorePairsResponse,
)
from .v1.position_pb2 import Position
from .v1.readout_pb2 import OffsetUnit, Readout, Side, Span, Statement, Statements

__all__ = [
    "Client",
    "CompareOptions",
    "CompareRequest",
    "CompareStreamRequest",
    "CompareStreamResponse",
    "Comparison",
    "DescribeEngineResponse",
    "Engine",
    "ExtractPositionsResponse",
    "OffsetUnit",
    "ParallaxError",
    "Point",
    "PointKind",
    "Position",
    "Readout",
    "Relation",
    "ScorePairsResponse",
    "Side",
    "Span",
    "Statement",
    "Statements",
    "Violation",
]
