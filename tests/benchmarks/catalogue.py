"""The rows: what of ours is compared with what of whom. A new row is an entry here and a program in `ours/`."""

from tests.benchmarks.row import OURS, WALL, Program, Row, Target

STEP = "ms_per_step"


def _ours(script: str, metric: str, *arguments: str, quick: tuple[str, ...] = ()) -> Program:
    return Program(OURS, f"ours/{script}", metric, arguments, (*arguments, *quick))


def _peer(system: str, script: str, metric: str, *arguments: str, quick: tuple[str, ...] = ()) -> Program:
    return Program(system, f"peers/{script}", metric, arguments, (*arguments, *quick))


SHORT_CHAIN = ("--steps=10", "--repeat=1")
MEMORY_CHAIN = _ours("chain.py", STEP, "--storage=none", quick=SHORT_CHAIN)
SQLITE_CHAIN = _ours("chain.py", STEP, "--storage=sqlite", quick=SHORT_CHAIN)


def _scaling(phase: str, what: str) -> Row:
    program = _ours(
        "scaling.py", "spread", f"--phase={phase}", quick=("--steps=100", "--repeat=1", "--lengths", "10", "100")
    )
    return Row(
        f"scaling-{phase}",
        f"{what}: dearest by cheapest step, chains of 10, 1,000, 10,000",
        program,
        target=Target(at_most=1.5),
        unit="x",
        breakdown=STEP,
    )


ROWS = (
    Row(
        "script",
        "script: import, define a one-op job, run it; whole process",
        _ours("script.py", WALL),
        _peer("dagster", "dagster_script.py", WALL),
        Target(ratio=12, at_most=175),
    ),
    Row(
        "chain-memory",
        "step in process, no storage",
        MEMORY_CHAIN,
        _peer("dagster", "dagster_chain.py", STEP, "--storage=none", quick=SHORT_CHAIN),
        Target(ratio=50, at_most=0.15),
    ),
    Row(
        "chain-sqlite",
        "step in process, SQLite log; values: ours on disk, theirs in memory",
        SQLITE_CHAIN,
        _peer("dagster", "dagster_chain.py", STEP, "--storage=sqlite", quick=SHORT_CHAIN),
        Target(ratio=50, at_most=0.6),
    ),
    Row(
        "chain-sqlite-disk",
        "step in process, SQLite log; values: both on disk",
        SQLITE_CHAIN,
        _peer("dagster", "dagster_chain.py", STEP, "--storage=sqlite", "--values=disk", quick=SHORT_CHAIN),
    ),
    Row(
        "chain-luigi",
        "step in process; ours SQLite log and a file, theirs a file",
        SQLITE_CHAIN,
        _peer("luigi", "luigi_chain.py", STEP, quick=SHORT_CHAIN),
    ),
    Row(
        "chain-prefect",
        "step in process, SQLite log; theirs through its own server",
        SQLITE_CHAIN,
        _peer("prefect", "prefect_chain.py", STEP, quick=SHORT_CHAIN),
    ),
    _scaling("define", "define"),
    _scaling("plan", "plan"),
    _scaling("execute", "run"),
    Row(
        "fan-out-plan",
        "plan 10,000 ops and one that gathers them",
        _ours("fan_out.py", "plan_ms", quick=("--ops=100", "--repeat=1")),
        target=Target(at_most=1000),
    ),
    Row(
        "fan-processes",
        "a process a step, 20 ops and one that gathers them, two at a time; second run",
        _ours("processes.py", "warm_ms_per_step", "--ops=20", quick=("--ops=5",)),
        _peer("dagster", "dagster_multiprocess.py", "warm_ms_per_step"),
        Target(ratio=100, at_most=13),
    ),
    Row(
        "fan-1000",
        "1,000 ops, a process each, by the arithmetic of fork, write and commit",
        _ours("processes.py", "times_floor", "--ops=1000", "--repeat=1", quick=("--ops=50",)),
        target=Target(at_most=1.3),
        unit="x",
    ),
    Row(
        "fan-memory",
        "what the run's process grows by for each 1,000 of 10,000 steps that are processes",
        _ours("processes.py", "growth_kib_per_1000_steps", "--ops=10000", "--repeat=1", quick=("--ops=50",)),
        target=Target(at_most=500),
        unit="KiB",
    ),
    Row(
        "launch-forked",
        "launch request to first op, the worker forked; median of 20",
        _ours("location.py", "ms", "--of=fork", quick=("--count=3",)),
        target=Target(at_most=40),
        breakdown="floor",
    ),
    Row(
        "launch-standby",
        "launch request to first op, a standby worker; median of 20",
        _ours("location.py", "ms", "--of=standby", quick=("--count=2",)),
        target=Target(at_most=60),
    ),
    Row(
        "launch-300",
        "300 no-op runs that wait, each in a process of its own; all of them",
        _ours("location.py", "ms", "--of=many", "--count=300", quick=("--count=10",)),
        target=Target(at_most=5000),
        breakdown="floor",
    ),
    Row(
        "evaluate-1000",
        "a batch of 1,000 sensors that skip, evaluated; all of them",
        _ours("location.py", "ms", "--of=evaluate", "--count=1000", quick=("--count=50",)),
        target=Target(at_most=500),
    ),
    Row(
        "location-memory",
        "a location that imports only Mainspring: front, code, two evaluators; proportional set size",
        _ours("location.py", "mb", "--of=memory"),
        target=Target(at_most=80),
        unit="MB",
    ),
    Row(
        "daemon-due",
        "due time to first op, through daemon, queue and launcher; a schedule with a function, one without",
        _ours("daemon_due.py", "ms", "--of=one", "--seconds=120", quick=("--seconds=10",)),
        _peer("dagster", "dagster_daemon.py", "due_to_first_step_ms", "--minutes=3", quick=("--minutes=1.5",)),
        Target(ratio=100, at_most=60, parts={"p99": 150}),
        breakdown="parts",
        rounds=1,
    ),
    Row(
        "daemon-due-100",
        "the same, 100 schedules due in one second: the last one's first op",
        _ours("daemon_due.py", "ms", "--of=many", "--seconds=42", quick=("--count=10", "--every=3", "--seconds=7")),
        target=Target(at_most=2000),
        rounds=1,
    ),
    Row(
        "daemon-schedules-1000",
        "1,000 schedules due in one second, that skip or whose runs have to wait: all decided",
        _ours(
            "daemon_due.py",
            "ms",
            "--of=decisions",
            "--count=1000",
            quick=("--count=50", "--every=2", "--times=1"),
        ),
        target=Target(at_most=1000),
        breakdown="parts",
        rounds=1,
    ),
    Row(
        "daemon-sensors",
        "an evaluation of 10,000 sensors that skip, every 15 s; theirs of 500",
        _ours(
            "daemon_sensors.py",
            "ms_per_evaluation",
            "--of=sensors",
            "--seconds=122",
            quick=("--count=100", "--seconds=17"),
        ),
        _peer(
            "dagster",
            "dagster_daemon.py",
            "ms_per_tick",
            "--minutes=3",
            "--sensors=500",
            quick=("--minutes=0.7", "--sensors=20"),
        ),
        Target(ratio=60, at_most=1.51, parts={"latest": 1000}),
        breakdown="parts",
        rounds=1,
    ),
    Row(
        "daemon-memory",
        "a daemon and its location, a minute at work; proportional set size",
        _ours("daemon_sensors.py", "mb", "--of=memory", "--seconds=60", quick=("--seconds=5",)),
        _peer("dagster", "dagster_daemon.py", "proportional_mib", "--minutes=1", quick=("--minutes=0.5",)),
        Target(at_most=100),
        unit="MB",
        rounds=1,
    ),
    Row(
        "queue-decision",
        "a run's leave of the queue, after 100,000 runs; median of 200",
        _ours("history.py", "ms", "--of=queue", quick=("--runs=1000", "--times=10")),
        target=Target(at_most=2, parts={"a tick and its run": 2}),
        breakdown="parts",
    ),
    Row(
        "tick-cost",
        "the commit of a tick with its run, or of a skip that is counted: after 1,000,000 ticks by after 1,000",
        _ours("history.py", "times", "--of=ticks", quick=("--ticks=2000", "--times=10")),
        target=Target(at_most=1.3),
        unit="x",
        breakdown="parts",
    ),
    Row(
        "history-pages",
        "the dearest page of runs, ticks or events, or a switch, after 1,000,000 runs; 95th percentile",
        _ours("history.py", "ms", "--of=pages", "--runs=1000000", quick=("--runs=1000", "--times=10")),
        target=Target(at_most=100),
        breakdown="parts",
        rounds=1,
    ),
)


def _floor(name: str, what: str) -> Row:
    program = Program(OURS, "floors/primitive.py", "ms", (f"--of={name}",), (f"--of={name}", "--count=20"))
    return Row(name, what, program)


FLOORS = (
    Row("interpreter", "python -c pass, whole process", Program(OURS, None, WALL, ("-c", "pass"))),
    _floor("commit-normal", "SQLite commit, synchronous=NORMAL"),
    _floor("commit-full", "SQLite commit, synchronous=FULL"),
    _floor("write", "small new file"),
    _floor("write-durable", "small new file, fsync of it and its folder"),
)
