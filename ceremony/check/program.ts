import { CLOCK_CEILING_DAYS, CLOCK_FLOOR } from "../limits.ts";
import { type Finding, info, pass, red } from "./result.ts";
import { fieldAt, missing, names, setting } from "./rows.ts";
import type { MachineCheck, MachineView } from "./view.ts";

// How this program was started and what it may still do. Children inherit all of it.

/** One line of `/proc/self/status`. */
function status(view: MachineView, name: string, judge: (value: string) => Finding): Finding {
  const file = view.read("/proc/self/status");
  if (!file.ok) return missing(file.error);
  const value = fieldAt(file.value, name);
  return value === undefined ? red(`no ${name} in the status`) : judge(value);
}

const equals =
  (good: string) =>
  (value: string): Finding =>
    (value === good ? pass : red)(value);

function statusRow(id: string, title: string, name: string, good: string): MachineCheck {
  return {
    id,
    title,
    severity: "required",
    source: `/proc/self/status ${name}`,
    evaluate: (view) => status(view, name, equals(good)),
  };
}

/** Both limits: a soft 0 under a higher hard one is raised again by one call. */
function coreLimit(view: MachineView): Finding {
  const limits = view.read("/proc/self/limits");
  if (!limits.ok) return missing(limits.error);
  const match = /^Max core file size\s+(\S+)\s+(\S+)/m.exec(limits.value);
  if (match === null) return red("no core limit in the table");
  return (match[1] === "0" && match[2] === "0" ? pass : red)(`soft ${match[1]}, hard ${match[2]}`);
}

/**
 * Node catches SIGUSR1 (10) to start the inspector, a debugger that listens on a port. `--disable-sigusr1` is in the
 * executable; that it worked is seen in the mask of caught signals, in which signal n is bit n - 1.
 */
const SIGUSR1_BIT = 1n << 9n;

const inspector = (view: MachineView): Finding =>
  status(view, "SigCgt", (mask) => {
    if (!/^[0-9a-f]{16}$/.test(mask)) return red("not a mask of signals");
    return (BigInt(`0x${mask}`) & SIGUSR1_BIT) === 0n
      ? pass("SIGUSR1 is not caught")
      : red("SIGUSR1 starts a debugger");
  });

/** The one option that the executable is built with. */
const EXEC_ARGV = ["--disable-sigusr1"];

function execArguments(view: MachineView): Finding {
  const others = view.process.execArgv.filter((option) => !EXEC_ARGV.includes(option));
  // Options may hold paths or code; only their names are shown.
  return others.length === 0 ? pass("none") : red(names(others.map((option) => option.split("=")[0] ?? "")));
}

/** Some act although the executable takes no NODE_OPTIONS: NODE_V8_COVERAGE and NODE_COMPILE_CACHE write files. */
const NODE_VARIABLE = /^NODE_/;
/** What changes the code that runs before ours: the dynamic loader, glibc, libuv, OpenSSL's configuration. */
const LOADER_VARIABLE = /^(LD_|GLIBC_TUNABLES$|GCONV_PATH$|MALLOC_|UV_|OPENSSL_)/;

function noVariable(view: MachineView, pattern: RegExp): Finding {
  const found = view.process.environment.filter((name) => pattern.test(name));
  return found.length === 0 ? pass("none") : red(names(found));
}

const DAY = 86_400;

/** A wrong clock makes a wrong birthday, and a wallet that is restored from too late a day misses funds (T10). */
function clock(view: MachineView): Finding {
  const now = view.process.now;
  const date =
    Number.isFinite(now) && now >= 0 && now < 1e11 ? new Date(now * 1000).toISOString().slice(0, 10) : "no date";
  if (!(now >= CLOCK_FLOOR)) return red(`${date} is before this program was made`);
  if (!(now <= CLOCK_FLOOR + CLOCK_CEILING_DAYS * DAY)) return red(`${date} is too long after this program was made`);
  return pass(date);
}

/** Owned by root with mode 0711 it cannot be read, traced or dumped by the user who runs it (docs/checks.md#how-the-program-runs). */
function executable(view: MachineView): Finding {
  const file = view.process.executable;
  if (file === undefined) return info("cannot be read");
  return info(
    `mode ${(file.mode & 0o7777).toString(8).padStart(4, "0")}, ${file.uid === 0 ? "owned by root" : "not root's"}`,
  );
}

export const PROGRAM_CHECKS: readonly MachineCheck[] = [
  {
    id: "node_variables",
    title: "No NODE_ variable",
    severity: "required",
    source: "environment",
    evaluate: (view) => noVariable(view, NODE_VARIABLE),
  },
  {
    id: "loader_variables",
    title: "No variable of loader or libraries",
    severity: "required",
    source: "environment",
    evaluate: (view) => noVariable(view, LOADER_VARIABLE),
  },
  {
    id: "exec_arguments",
    title: "No option to Node",
    severity: "required",
    source: "process.execArgv",
    evaluate: execArguments,
  },
  {
    id: "inspector",
    title: "No debugger on a signal",
    severity: "required",
    source: "/proc/self/status SigCgt",
    evaluate: inspector,
  },
  statusRow("tracer", "Nothing traces the program", "TracerPid", "0"),
  {
    id: "core_limit",
    title: "Core size limit is 0",
    severity: "required",
    source: "/proc/self/limits",
    evaluate: coreLimit,
  },
  {
    // The kernel shows eight hex digits. 0: not one kind of memory goes into a core.
    id: "core_filter",
    title: "A core would hold no memory",
    severity: "required",
    source: "/proc/self/coredump_filter",
    evaluate: (view) => setting(view, "/proc/self/coredump_filter", (text) => /^0+$/.test(text)),
  },
  statusRow("no_new_privileges", "No program can gain rights", "NoNewPrivs", "1"),
  statusRow("capabilities", "No privilege", "CapEff", "0000000000000000"),
  {
    id: "seccomp",
    title: "System call filter",
    severity: "info",
    source: "/proc/self/status Seccomp",
    evaluate: (view) => {
      const found = status(view, "Seccomp", (mode) => info(mode === "2" ? "on" : "off"));
      return info(found.value);
    },
  },
  {
    id: "clock",
    title: "Clock after the making of the program",
    severity: "required",
    source: "clock",
    evaluate: clock,
  },
  {
    id: "executable",
    title: "Own file",
    severity: "info",
    source: "/proc/self/exe",
    evaluate: executable,
  },
];
