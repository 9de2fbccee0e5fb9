import { readdirSync, readFileSync } from "node:fs";

/** Nanoseconds of CPU so far, by part of the system. */
export type Cpu = Readonly<Record<string, number>>;

/** Names of threads (15 bytes, as the kernel keeps them) and the part that each belongs to. */
export type ThreadParts = Readonly<Record<string, string>>;

const NS_PER_US = 1000;

/** Threads of an LSP; what is not here is `rest`: V8's own threads, and libuv's. */
export const LSP_THREADS: ThreadParts = { MainThread: "main", verifying: "verify" };

/** Threads of the signer. Its main thread judges by the policy and writes records; libuv's threads flush them. */
export const SIGNER_THREADS: ThreadParts = { MainThread: "signer", signing: "sign", "libuv-worker": "log" };

/** Of one process, by thread. @throws Error where there is no such process */
export function cpuOf(pid: number, parts: ThreadParts): Cpu {
  const found: Record<string, number> = {};
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const read = (name: string): string => readFileSync(`/proc/${pid}/task/${task}/${name}`, "utf8").trim();
    try {
      const part = parts[read("comm")] ?? "rest";
      // proc(5): "time spent on the cpu", in nanoseconds.
      found[part] = (found[part] ?? 0) + Number(read("schedstat").split(" ")[0]);
    } catch (error) {
      // A thread that has ended since.
      if (!(error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")))
        throw error;
    }
  }
  return found;
}

/** Of a process and its children, as one part. */
export function cpuOfFamily(pid: number, part: string): Cpu {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  const all = [pid, ...children].map((each) => total(cpuOf(each, {})));
  return { [part]: all.reduce((sum, each) => sum + each, 0) };
}

/** Of this process, as one part. */
export function cpuOfThis(part: string): Cpu {
  const { user, system } = process.cpuUsage();
  return { [part]: (user + system) * NS_PER_US };
}

/** Parts of the same name are added up. */
export function together(...all: readonly Cpu[]): Cpu {
  const sums: Record<string, number> = {};
  for (const each of all) for (const [part, ns] of Object.entries(each)) sums[part] = (sums[part] ?? 0) + ns;
  return sums;
}

/** Microseconds a call, by part, of what was used between two readings. */
export function perCall(before: Cpu, after: Cpu, calls: number): Cpu {
  return Object.fromEntries(
    Object.entries(after).map(([part, ns]) => [part, (ns - (before[part] ?? 0)) / NS_PER_US / calls]),
  );
}

/** Of all parts, but for those that are named. */
export function total(cpu: Cpu, ...without: readonly string[]): number {
  return Object.entries(cpu).reduce((sum, [part, value]) => (without.includes(part) ? sum : sum + value), 0);
}
