"""Measures Parallax beside what is written instead of it: quality and time, on the same annotated pairs, in one run.

usage: run.sh --train DIR --dev DIR --parallax BINARY [--rounds N] [--predictions DIR] [--record]

The scripts are tuned on the pairs of --train alone; figures are of --dev. Texts are read from these folders and stored
nowhere. Time is from two texts in memory to links, models loaded: of a script in its own process, of Parallax at a
caller of a running server, with the cost of gRPC and of this client in Python. Everything computes on one thread. Rounds take
the systems in turn, so that what else the machine does meets all of them alike.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import tempfile
import time

import onnxruntime
import rapidfuzz

import minilm
import pairs as annotated
import peers
import service
import table

HERE = pathlib.Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
PAGE = HERE.parent.parent / "docs/alternatives.md"
BATCHES = (1, 2, 4, 8, 16, 32, 64)
RAPIDFUZZ_SCORERS = ("ratio", "token_sort_ratio", "token_set_ratio", "WRatio")
# A system works so long in a round, so that the clock of processor time (10 ms a tick) is exact to some percent.
SECONDS_A_ROUND = 1.0
# Of cosines; int8 is not held to f32.
TOLERANCE = 1e-4


def best_batch(peer, train):
    """The size of batches that takes least processor time on training pairs, and the time of each."""
    texts = [[pair.texts[x][start:end] for x in "ab" for start, end in peers.sentences(pair.texts[x])] for pair in train[:8]]
    cost = {}
    for batch in BATCHES:
        begun = time.process_time()
        for sentences in texts:
            peer.encoder.encode(sentences, batch)
        cost[batch] = round((time.process_time() - begun) / len(texts) * 1000, 1)
    return min(cost, key=cost.get), cost


def tuned_scripts(folder, train, dev):
    """Each script with what was chosen for it on training pairs, and its bound on dev."""
    f32 = minilm.Encoder(folder)
    f32.check(TOLERANCE)
    encoders = [peers.MiniLM(f32, "MiniLM f32"), peers.MiniLM(minilm.Encoder(folder, int8=True), "MiniLM int8")]
    for peer in encoders:
        peer.batch, cost = best_batch(peer, train)
        yield tuned(peer, train, dev, batch=peer.batch, milliseconds_by_batch=cost)
    fuzzy = [peers.RapidFuzz(scorer) for scorer in RAPIDFUZZ_SCORERS]
    yield max((tuned(peer, train, dev) for peer in fuzzy), key=lambda found: found["chosen"]["train_f1"])


def tuned(peer, train, dev, **more):
    train_f1, rule, threshold = peers.Measured(train, peer).best()
    bound, bound_rule, bound_threshold = peers.Measured(dev, peer).best()
    return {
        "name": peer.name,
        "predict": lambda pair: peers.predict(pair, peer, rule, threshold),
        "answer": lambda pair: peers.predict(pair, peer, rule, threshold),
        "chosen": {"rule": rule, "threshold": threshold, "train_f1": train_f1, **more},
        "bound": {"links_f1": bound, "rule": bound_rule, "threshold": bound_threshold},
        "processor_seconds": time.process_time,
    }


def parallax_systems(server):
    for engine in ("ENGINE_FAST", "ENGINE_THOROUGH"):
        client = service.Client(server.address, engine)
        yield {
            "name": client.name, "predict": client.predict, "answer": client.answer, "chosen": None, "bound": None,
            "processor_seconds": server.processor_seconds, "version": client.version,
        }


def same_as_evaluate(binary, dev_folder, system, figures):
    """Ends the program unless `parallax evaluate` prints the figures that were counted here."""
    engine = system["name"].split()[1].lower()
    command = [binary, "evaluate", dev_folder, "--engine", engine]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for name in ("positions", "links", "links with kind", "divergences"):
        row = figures[name]
        ours = f"({row['hits']}/{row['predicted']}) ({row['hit']}/{row['annotated']})"
        line = next(line for line in printed.splitlines() if re.match(rf"{name} +precision", line))
        theirs = " ".join(re.findall(r"\(\d+/\d+\)", line))
        if ours != theirs:
            raise SystemExit(f"{system['name']}, {name}: counted {ours}, parallax evaluate counts {theirs}")


def measure(systems, dev, n_rounds):
    """Seconds a comparison by the clock and of processor time, by system and round."""
    repeats = {}
    for system in systems:
        for _ in range(2):
            begun = time.perf_counter()
            for pair in dev:
                system["answer"](pair)
        repeats[system["name"]] = max(1, round(SECONDS_A_ROUND / (time.perf_counter() - begun)))
    times = {system["name"]: ([], []) for system in systems}
    for _ in range(n_rounds):
        for system in systems:
            n_comparisons = repeats[system["name"]] * len(dev)
            begun, begun_processor = time.perf_counter(), system["processor_seconds"]()
            for _ in range(repeats[system["name"]]):
                for pair in dev:
                    system["answer"](pair)
            clock, processor = times[system["name"]]
            clock.append((time.perf_counter() - begun) / n_comparisons)
            processor.append((system["processor_seconds"]() - begun_processor) / n_comparisons)
    return times


def processor_name():
    for line in open("/proc/cpuinfo", encoding="utf-8"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def rounded(value):
    """Figures to four digits: no more are known."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", required=True, metavar="DIR", help="annotated pairs to tune the scripts on")
    parser.add_argument("--dev", required=True, metavar="DIR", help="annotated pairs to measure on")
    parser.add_argument("--parallax", required=True, metavar="BINARY", help="a release build")
    parser.add_argument("--rounds", type=int, default=7, help="of time; at least 5. Default: 7")
    parser.add_argument("--predictions", metavar="DIR", help="also write the predictions of each system, for another scorer")
    parser.add_argument("--record", action="store_true", help="write results.json and the table of docs/alternatives.md")
    args = parser.parse_args()
    if args.rounds < 5:
        parser.error("--rounds: at least 5")
    # Before anything computes here: what is on the machine beside us.
    load = os.getloadavg()[0]
    train, dev = annotated.read(args.train), annotated.read(args.dev)
    both = {pair.id for pair in train} & {pair.id for pair in dev}
    if both:
        parser.error(f"{len(both)} pairs are in --train and in --dev")
    server = service.Server(args.parallax)
    try:
        with tempfile.TemporaryDirectory() as folder:
            print("tuning on training pairs", flush=True)
            systems = [*parallax_systems(server), *tuned_scripts(pathlib.Path(folder), train, dev)]
            figures = {}
            for system in systems:
                predictions = [system["predict"](pair) for pair in dev]
                figures[system["name"]] = annotated.score(dev, predictions)
                if args.predictions:
                    out = pathlib.Path(args.predictions)
                    out.mkdir(parents=True, exist_ok=True)
                    lines = [prediction.line(pair.id) for pair, prediction in zip(dev, predictions)]
                    (out / f"{system['name'].replace(' ', '-')}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
                if system["chosen"] is None:
                    same_as_evaluate(args.parallax, args.dev, system, figures[system["name"]])
            print("measuring time", flush=True)
            times = measure(systems, dev, args.rounds)
    finally:
        server.stop()
    results = rounded({
        "date": datetime.date.today().isoformat(),
        "parallax": systems[0]["version"],
        "machine": {
            "processor": processor_name(), "processors": os.cpu_count(), "python": platform.python_version(),
            "onnxruntime": onnxruntime.__version__, "rapidfuzz": rapidfuzz.__version__, "load_before": load,
            "others": "nothing else running" if load < 0.3 else
            f"other programs were running (load {load:.1f} before the run): only the ratios say something",
        },
        "rounds": args.rounds, "train_pairs": len(train), "dev_pairs": len(dev),
        "dev_words": round(statistics.mean(len(pair.texts["a"].split()) + len(pair.texts["b"].split()) for pair in dev)),
    })
    results["systems"] = [rounded({
        "name": system["name"], "chosen": system["chosen"], "bound": system["bound"], "figures": figures[system["name"]],
        "milliseconds": {
            "clock": 1000 * statistics.median(clock), "clock_least": 1000 * min(clock), "clock_most": 1000 * max(clock),
            "processor": 1000 * statistics.median(processor),
        },
    }) for system in systems for clock, processor in [times[system["name"]]]]
    print(table.markdown(results))
    if args.record:
        RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        PAGE.write_text(table.placed(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")


if __name__ == "__main__":
    main()
