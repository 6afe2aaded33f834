"""Compares two readouts of an invented call with parallax-client, one by one and many on one stream."""

import os
import sys
from collections.abc import Iterator

from parallax_client import Client, CompareRequest, CompareStreamRequest, ParallaxError, PointKind, Readout, Side

SIDES = [
    Side(id="Norland", aliases=["Norlandic"], principals=["Minister Aro"]),
    Side(id="Sudria", aliases=["Sudrian"], principals=["Minister Vey"]),
]
NORLAND = "Minister Aro reaffirmed support for the Tarn ceasefire. He pledged 30 million crowns for the port."
SUDRIA = "Minister Vey rejected the Tarn ceasefire. She thanked Norland for 20 million crowns for the port."
READOUTS = [
    Readout(id="norland", author_side="Norland", text=NORLAND),
    Readout(id="sudria", author_side="Sudria", text=SUDRIA),
]


def requests() -> Iterator[CompareStreamRequest]:
    for n in range(100):
        yield CompareStreamRequest(id=str(n), request=CompareRequest(readouts=READOUTS, sides=SIDES))


def main() -> int:
    with Client(os.environ.get("SERVER", "127.0.0.1:50051")) as client:
        comparison = client.compare(READOUTS, sides=SIDES)
        positions = {position.id: position for position in comparison.positions}
        for point in comparison.points:
            print(f"{point.id} {PointKind.Name(point.kind)}")
            for member in point.members:
                print(f"    {member.readout_id}: “{positions[member.position_id].text}”")
        print(sum(answer.HasField("comparison") for answer in client.compare_stream(requests())), "on the stream")
        left = ["Norland supports the ceasefire in the Tarn Strait."]
        scores = client.score_pairs(left, ["Sudria backs a truce in the strait.", "Both discussed school exchanges."])
        print("scores", [round(score, 2) for row in scores.rows for score in row.scores])
        print("version", client.describe().version)
        try:
            client.compare([Readout(text=" ")])
        except ParallaxError as error:
            print(error.reason, [violation.field for violation in error.violations])
    return 0


if __name__ == "__main__":
    sys.exit(main())
