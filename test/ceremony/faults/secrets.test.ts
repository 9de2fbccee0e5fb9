import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { decipher } from "../../../ceremony/seed/aezeed.ts";
import { parsePhrase } from "../../../ceremony/seed/phrase.ts";
import { Secret } from "../../../core/secret.ts";
import { builtCeremony } from "../../deploy/release/artefact.ts";
import { searchBytes, searchFiles } from "../../rehearsal/memory.ts";
import { type Needles, needlesFor } from "../../rehearsal/needles.ts";
import type { Notes } from "../../rehearsal/player.ts";
import { REHEARSED_CHECKOUT, rehearse } from "../../rehearsal/rehearse.ts";
import type { Counts } from "../../rehearsal/scanner.ts";
import type { EmulatedTerminal } from "../../rehearsal/terminal.ts";
import { Album, sum } from "./album.ts";
import { ALL, CHOSEN } from "./scenes.ts";
import { childrenOf } from "./stage.ts";

/** Standard error in a file, so that it can be searched: the terminal has it otherwise. */
const WITH_ERRORS_IN = 'errors=$1; shift; exec "$@" 2>"$errors"';

/** Everything that one rehearsal left to look at, kept until its secrets are known. */
class Witness {
  readonly parent: Album[] = [];
  /** The vault and the test restore, in this order. */
  readonly inner: Album[] = [];
  /** Secrets are on the screens of inner processes only; these are the others. */
  readonly screens: Buffer[] = [];
  readonly files: Buffer[] = [];

  look(scene: string, terminal: EmulatedTerminal, folder: string): void {
    const pids = terminal.processes();
    const children = pids.includes(terminal.pid) ? childrenOf(terminal.pid) : [];
    assert.deepEqual(new Set(pids), new Set(scene === "end" ? [] : [terminal.pid, ...children]), "no other process");
    if (scene !== "end" && isPictured(scene)) albumOf(this.parent, terminal.pid).take(scene);
    for (const pid of children) albumOf(this.inner, pid).take(scene);
    if (children.length === 0) {
      this.screens.push(Buffer.from([...terminal.screen(), ...terminal.scrollback()].join("\n")));
    }
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      const path = join(folder, name);
      if (statSync(path).isFile()) this.files.push(Buffer.from(`${path}\n`), readFileSync(path));
    }
  }
}

/** Before the vault begins there is no secret yet: one scene of each step will do. */
const isPictured = (scene: string): boolean =>
  CHOSEN.some(({ name }) => name === scene) || ALL.findIndex(({ name }) => name === scene) >= VAULT;

const VAULT = ALL.findIndex(({ room }) => room === "vault");

function albumOf(albums: Album[], pid: number): Album {
  const known = albums.find((album) => album.pid === pid) ?? new Album(pid);
  if (!albums.includes(known)) albums.push(known);
  return known;
}

function secretsOf({ words, passphrase, opened }: Notes): Needles {
  const phrase = parsePhrase(Buffer.from(words.join(" ")));
  assert.ok(phrase.ok);
  const seed = decipher(phrase.value, Secret.take(Buffer.from(passphrase)));
  assert.ok(seed.ok);
  const others = {
    share: Buffer.from(opened.machineShare, "hex"),
    blind: Buffer.from(opened.blind, "hex"),
    dice: Buffer.from(opened.dice),
  };
  return needlesFor({ words, passphrase, entropy: seed.value.entropy.bytes, others });
}

/** What the parent must hold: a search that cannot see its memory finds no secret in it either. */
const publicOf = ({ nodeId }: Notes): Needles => ({
  words: [],
  needles: [{ label: "node id", parts: [{ bytes: Buffer.from(nodeId), offset: 0 }], anyCase: false, isText: true }],
});

function described(counts: Counts): string {
  const each = [...counts].sort(([, a], [, b]) => b - a).map(([label, count]) => `${label} ${count}`);
  return `${sum(counts)}${each.length === 0 ? "" : ` (${each.join(", ")})`}`;
}

async function searchRehearsal(t: TestContext, program: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "faults-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const witness = new Witness();
  const start = performance.now();
  const notes = await rehearse({
    out: join(folder, "out"),
    noScreens: true,
    program: ["/bin/sh", "-c", WITH_ERRORS_IN, "sh", join(folder, "errors"), ...program],
    watch: (scene, _screen, terminal) => witness.look(scene, terminal, folder),
  });
  const played = performance.now();
  const secrets = secretsOf(notes);
  const [parent] = witness.parent;
  const [vault, restore] = witness.inner;
  assert.ok(parent && vault && restore, "a parent, a vault and a test restore");
  assert.deepEqual([witness.parent.length, witness.inner.length], [1, 2]);

  assert.equal(described(parent.searchAll(secrets)), "0", "in the parent's memory");
  assert.ok(sum(parent.searchAll(publicOf(notes))) > 0, "the parent's memory is not seen");
  for (const album of [parent, vault, restore])
    assert.equal(described(album.searchAround(secrets)), "0", "in arguments, environment or channel");

  for (const [name, album] of [
    ["vault", vault],
    ["restore", restore],
  ] as const) {
    for (const { scene, counts } of album.search(secrets)) {
      t.diagnostic(`${scene}: parent 0, ${name} ${described(counts)}`);
      // Where there must be some, the same search must find them: else its zeros mean nothing.
      if (scene !== "restore-words") assert.ok(sum(counts) > 0, `nothing found in the ${name} at ${scene}`);
    }
  }

  assert.equal(described(searchBytes(Buffer.concat(witness.files), secrets)), "0", "files and standard error");
  assert.equal(described(searchBytes(Buffer.concat(witness.screens), secrets)), "0", "screens of the table");
  assert.equal(described(searchFiles(["/dev/shm"], secrets)), "0", "/dev/shm");
  const megabytes = Math.round((parent.pictures.at(-1)?.bytes ?? 0) / 1e6);
  const seconds = (from: number, to: number): string => ((to - from) / 1000).toFixed(1);
  t.diagnostic(
    `${parent.pictures.length} scenes of a parent of ${megabytes} MB, played in ${seconds(start, played)} s, ` +
      `searched in ${seconds(played, performance.now())} s`,
  );
}

test("a rehearsal from the checkout leaves no secret outside of its vault", (t) =>
  searchRehearsal(t, REHEARSED_CHECKOUT));

test("a rehearsal of the executable leaves no secret outside of its vault", async (t) =>
  searchRehearsal(t, [await builtCeremony()]));
