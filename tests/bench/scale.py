"""What a bench's figures mean for many visitors: choices a second, bytes, partitions and nodes. Every input has a name and can be changed."""

import argparse
import json
import math
import sys

INPUTS = {
    "answers_per_visitor": (0.4, "choices that a visitor makes in a month: who comes back with a choice makes none"),
    "peak": (8.0, "how much busier the busiest minute is than the average"),
    "headroom": (0.5, "share of what was measured that is counted on"),
    "months_kept": (36.0, "months for which records are kept (three years)"),
    "p99_bound_ms": (1000.0, "how long the slowest of a hundred choices may wait: of the measured loads, those within it count"),
    "replicas": (2.0, "copies of the database"),
    "shard_gigabytes": (2000.0, "gigabytes that one database server keeps"),
}
SECONDS_A_MONTH = 30.44 * 86_400


def measured(path):
    lines = [json.loads(line) for line in (sys.stdin if path == "-" else open(path, encoding="utf-8")) if line.startswith("{")]
    fsync = next(line for line in lines if line.get("disk") == "fsync")
    stores = {}
    for line in lines:
        if "store" in line:
            store = stores.setdefault(line["store"], {"loads": []})
            if "writers" in line:
                store["loads"].append(line)
            else:
                store["bytes"] = line["bytes_per_choice"]
    return fsync, stores


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bench", help="what the bench of the stores printed; - for standard input")
    for name, (usual, what) in INPUTS.items():
        parser.add_argument("--" + name.replace("_", "-"), type=float, default=usual, help=f"{what} (usually {usual:g})")
    given = parser.parse_args()
    fsync, stores = measured(given.bench)
    print(f"measured: the disk syncs {fsync['per_second']:.0f} times a second (p99 {fsync['p99_ms']} ms)")
    for name, store in stores.items():
        for load in store["loads"]:
            ratio = load["choices_per_second"] / fsync["per_second"]
            print(
                f"measured: {name}, {load['writers']} at once: {load['choices_per_second']:.0f} choices/s ({ratio:.2f} a sync of the disk), "
                f"{load['commits_per_second']:.0f} commits/s, p50 {load['p50_ms']} ms, p99 {load['p99_ms']} ms"
            )
        print(f"measured: {name}: {store['bytes']} bytes a choice, with its places in the log and all indexes")
    for name, (_, what) in INPUTS.items():
        print(f"input: {name} = {getattr(given, name):g} ({what})")
    for visitors in (10**8, 10**9):
        choices = visitors * given.answers_per_visitor
        average = choices / SECONDS_A_MONTH
        peak = average * given.peak
        print(f"\n{visitors:,} visitors a month: {choices:,.0f} choices a month, {average:,.0f}/s on average, {peak:,.0f}/s at the peak")
        for name, store in stores.items():
            within = [load["choices_per_second"] for load in store["loads"] if load["p99_ms"] <= given.p99_bound_ms]
            if not within:
                print(f"  {name}: no measured load keeps within {given.p99_bound_ms:g} ms")
                continue
            counted_on = max(within) * given.headroom
            terabytes = choices * given.months_kept * store["bytes"] / 1e12
            servers = max(math.ceil(peak / counted_on), math.ceil(terabytes * 1_000 / given.shard_gigabytes))
            rows = choices / servers
            if name == "sqlite":
                fits = "one machine" if servers == 1 else "more than one machine: not a file's load"
                print(f"  {name}: {terabytes:,.2f} TB kept; {fits} ({peak / counted_on:.2f} of what one writer is counted on)")
            else:
                print(
                    f"  {name}: {terabytes:,.2f} TB kept in {given.months_kept + 3:.0f} partitions (a month each, two ahead, the rest), "
                    f"{rows:,.0f} choices in each of a server; {servers} server(s) that write, sharded by site where more than one, "
                    f"{servers * given.replicas:,.0f} with copies; gateways: as many as pages need, two at least"
                )


main()
