import { connect, type Socket } from "node:net";
import { bound } from "../../tools/speed.ts";

/** An event of the machine, such as SHUTDOWN. */
export interface QmpEvent {
  readonly event: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * QEMU's own protocol over its socket: one JSON object a line, one answer to each command, events in between
 * (`docs/interop/qmp-spec` of QEMU).
 */
export class Qmp {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  readonly #events: QmpEvent[] = [];
  readonly #watchers = new Set<() => void>();
  #text = "";
  #ended: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#read(text));
    socket.on("error", (error) => this.#end(error));
    socket.on("close", () => this.#end(new Error("QEMU has gone")));
  }

  /** Connects and leaves the mode in which only capabilities are negotiated. */
  static async open(path: string): Promise<Qmp> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    const qmp = new Qmp(socket);
    await qmp.run("qmp_capabilities");
    return qmp;
  }

  /** Runs one command; rejects with QEMU's own words if it cannot. */
  run(command: string, options: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: options })}\n`);
    });
  }

  /** Resolves with an event of this name, past or to come; rejects when QEMU goes without one or `bound(timeoutMs)` is over. */
  event(name: string, timeoutMs: number): Promise<QmpEvent> {
    const found = (): QmpEvent | undefined => this.#events.find(({ event }) => event === name);
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const event = found();
        if (event === undefined && this.#ended === undefined) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        if (event !== undefined) resolve(event);
        else reject(this.#ended);
      };
      const atMost = bound(timeoutMs);
      const timer = setTimeout(() => {
        this.#watchers.delete(look);
        reject(new Error(`no ${name} within ${atMost} ms`));
      }, atMost);
      this.#watchers.add(look);
      look();
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(text: string): void {
    const lines = (this.#text + text).split("\n");
    this.#text = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") this.#take(JSON.parse(line));
  }

  #take(message: {
    readonly event?: string;
    readonly return?: unknown;
    readonly error?: { readonly desc: string };
  }): void {
    if (message.event !== undefined) {
      this.#events.push(message as QmpEvent);
      this.#wake();
    } else if (message.error !== undefined) this.#waiting.shift()?.reject(new Error(`QEMU: ${message.error.desc}`));
    // The greeting has neither an event nor an answer in it.
    else if ("return" in message) this.#waiting.shift()?.resolve(message.return);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
    this.#wake();
  }

  #wake(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}
