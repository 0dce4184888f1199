"""Many rounds, beside each other, and the table of what they came to."""
import collections
import concurrent.futures
import queue
import random
import time

import lab
import rounds


def plan(seed, count, kind, point):
    """(seed, kind, point) of each round: kinds in turn, and every point in turn, so that a long run meets them all."""
    rng = random.Random(seed)
    points = lab.named_points()
    rng.shuffle(points)
    kinds = ["kill-point", "kill", "cut-point", "cut", "kill-point", "fail-write", "cut-point", "fail-sync", "kill-point",
             "fail-name", "cut", "full"]
    turn = collections.Counter()
    for number in range(count):
        its_kind = kind or kinds[number % len(kinds)]
        its_point = None
        if its_kind.endswith("-point"):
            own = [name for name in points if its_kind == "kill-point" or lab.process_of(name) == "server"]
            its_point = point or own[turn[its_kind] % len(own)]
            turn[its_kind] += 1
        yield seed + number, its_kind, its_point


def show(outcome):
    state = "clean" if not outcome.error else "BROKEN"
    print(f"{state} seed {outcome.seed} {outcome.kind} {outcome.point} {'' if outcome.happened else '(did not strike) '}"
          f"{outcome.acknowledged} acknowledged, {outcome.seconds:.1f} s", flush=True)
    if outcome.error:
        again = f"--kind {outcome.kind}" + (f" --point {outcome.point}" if outcome.point else "")
        print(f"{outcome.what}\n{outcome.error}\nagain: tests/crash/run --rounds 1 --seed {outcome.seed} {again}", flush=True)


def run(seed, options):
    print(f"seed {seed}, {options.rounds} rounds", flush=True)
    started = time.monotonic()
    labs = queue.SimpleQueue()
    benches = [rounds.Bench() for _ in range(options.jobs)]
    for bench in benches:
        labs.put(bench)
    outcomes = []

    def one(round_plan):
        bench = labs.get()
        try:
            return bench.run(*round_plan, ignore=options.ignore, always=getattr(options, "always", ()))
        finally:
            labs.put(bench)

    try:
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for outcome in pool.map(one, plan(seed, options.rounds, options.kind, options.point)):
                show(outcome)
                outcomes.append(outcome)
    finally:
        for bench in benches:
            bench.close()
    broken = [outcome for outcome in outcomes if outcome.error]
    missed = table(outcomes)
    acknowledged = sum(outcome.acknowledged for outcome in outcomes)
    print(f"{len(outcomes) - len(broken)} rounds clean, {len(broken)} broken; {acknowledged} acknowledged writes; "
          f"{time.monotonic() - started:.0f} s; first seed {seed}")
    if options.every_point and missed:
        print(f"never reached: {', '.join(missed)}")
        return 1
    return 1 if broken else 0


def table(outcomes):
    """How often each point was come to, and how often a process ended there; the points that nothing came to."""
    reached = collections.Counter(name for outcome in outcomes for name in outcome.reached)
    ended = collections.Counter((outcome.kind, outcome.point) for outcome in outcomes if outcome.happened)
    points = lab.named_points()
    width = max(map(len, points))
    print(f"{'point':{width}}  rounds that came to it  killed there  power cut there")
    for name in points:
        print(f"{name:{width}}  {reached[name]:22}  {ended['kill-point', name]:12}  {ended['cut-point', name]:15}")
    return [name for name in points if not reached[name]]
