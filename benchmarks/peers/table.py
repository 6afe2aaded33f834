"""The table of docs/alternatives.md, made of results.json."""
import re

PLACE = re.compile(r"(<!-- peers: begin.*?-->\n).*?(<!-- peers: end -->)", re.DOTALL)


def placed(page, results):
    """The page with the table of these results in its place."""
    page, n_places = PLACE.subn(lambda found: found[1] + markdown(results) + found[2], page)
    if n_places != 1:
        raise SystemExit(f"the page has {n_places} places for the table")
    return page


def share(value):
    return f"{value:.2f}".removeprefix("0")


def rule(chosen):
    """A rule in words."""
    kept = "every pair" if chosen["rule"] == "all" else "a pair that is the best of both of its sentences,"
    return f"{kept} from {chosen['threshold']} on"


def short(value):
    """Two digits, without an exponent."""
    return f"{float(f'{value:.2g}'):.10g}"


def markdown(results):
    """The Markdown table of docs/alternatives.md."""
    rows = results["systems"]
    fast, thorough = (next(row for row in rows if row["name"] == f"Parallax {engine}") for engine in ("FAST", "THOROUGH"))
    lines = [
        "| | links F1 | bound: tuned on dev itself | precision, recall | with kind, F1 | positions F1 | holder "
        "| ms a comparison | of processor | time, FAST = 1 | time, THOROUGH = 1 |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        figures = row["figures"]
        links = figures["links"]
        milliseconds = row["milliseconds"]
        lines.append("| " + " | ".join([
            row["name"], share(links["f1"]), share(row["bound"]["links_f1"]) if row["bound"] else "not tuned",
            f"{share(links['precision'])}, {share(links['recall'])}", share(figures["links with kind"]["f1"]),
            share(figures["positions"]["f1"]), share(figures["holder"]["share"]),
            f"{short(milliseconds['clock'])} ({short(milliseconds['clock_least'])} to {short(milliseconds['clock_most'])})",
            short(milliseconds["processor"]),
            *(short(milliseconds["clock"] / base["milliseconds"]["clock"]) for base in (fast, thorough)),
        ]) + " |")
    machine = results["machine"]
    lines += [
        "",
        f"{results['date']}, Parallax {results['parallax']}; {machine['processor']}, {machine['processors']} processors, one "
        f"thread each; {machine['others']}. {results['dev_pairs']} pairs of {results['dev_words']} words on average, both texts "
        f"together. Median of {results['rounds']} rounds, least and most in brackets.",
        "",
    ]
    for row in rows:
        if row["chosen"]:
            chosen, bound = row["chosen"], row["bound"]
            batch = f", in batches of {chosen['batch']}" if "batch" in chosen else ""
            lines.append(
                f"- {row['name']}: best on {results['train_pairs']} training pairs is {rule(chosen)}, with F1 "
                f"{share(chosen['train_f1'])}{batch}; the bound is {rule(bound)}.")
    return "\n".join(lines) + "\n"
