import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runVerify } from "../../../ceremony/app/verify.ts";
import { pgpWords } from "../../../core/pgpwords.ts";
import { chained, sampleDrafts, sampleTranscript } from "./sample.ts";

const { bytes, head, lines } = sampleTranscript("production");
const words = pgpWords(head);

async function run(
  args: readonly string[],
  file: Uint8Array = bytes,
): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const code = await runVerify(args, {
    readFile: (path) => {
      if (path === "folder") throw Object.assign(new Error("a folder"), { code: "EISDIR" });
      if (path !== "t.jsonl") throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      return file;
    },
    stdout: (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

const rows = [0, 4, 8, 12, 16, 20, 24, 28].map((from) => words.slice(from, from + 4));

const headline = (out: string): string => out.slice(0, out.indexOf("\n"));

test("the verdict is the first line, and the exit code says it too", async () => {
  const whole = await run(["t.jsonl", "--head", words.join(" ")]);
  assert.equal(whole.code, 0);
  assert.match(headline(whole.out), /^whole: /);
  assert.match(whole.out, /\n- the head is the one that was given\n/);
  assert.match(whole.out, /\n# A ceremony: production\n/);
  assert.equal(whole.err, "");

  const alone = await run(["t.jsonl"]);
  assert.equal(alone.code, 0);
  assert.match(headline(alone.out), /^consistent, origin not proven/);

  const stopped = await run(["t.jsonl"], Buffer.concat(lines.slice(0, 26)));
  assert.equal(stopped.code, 3);
  assert.equal(headline(stopped.out), "stopped at step 5: Dice");

  const torn = await run(["t.jsonl"], bytes.subarray(0, bytes.length - 2));
  assert.equal(torn.code, 3);
  assert.match(torn.out, /\n- the last line was cut short and is ignored\n/);

  const broken = await run(["t.jsonl"], Buffer.concat(lines.toSpliced(3, 1)));
  assert.equal(broken.code, 1);
  assert.match(headline(broken.out), /^broken at line 4: .* \(seq_order, seq\)$/);
  assert.match(broken.out, /\n- 3 lines are sound before the first that is not: /);

  const another = await run(["t.jsonl", "--head", pgpWords("00".repeat(32)).join(" ")]);
  assert.equal(another.code, 1);
  assert.match(headline(another.out), /head_differs/);
  assert.match(another.out, /\n- the head is NOT the one that was given\n/);

  const empty = await run(["t.jsonl"], Buffer.alloc(0));
  assert.equal(empty.code, 3);
  assert.equal(headline(empty.out), "stopped before step 1: nothing was recorded");
});

test("a rehearsal says so in its first line", async () => {
  const rehearsal = sampleTranscript("rehearsal");
  assert.match(headline((await run(["t.jsonl"], rehearsal.bytes)).out), /REHEARSAL/);
  const proven = await run(["t.jsonl", "--head", rehearsal.head], rehearsal.bytes);
  assert.match(headline(proven.out), /^whole \(REHEARSAL\)/);
});

test("an ended ceremony says why", async () => {
  const drafts = sampleDrafts("production").slice(0, 26);
  const end = { step: "dice", actor: "machine", kind: "abort", data: { what: "ended", reason: "signal" } } as const;
  const { out, code } = await run(["t.jsonl"], Buffer.concat(chained([...drafts, end]).lines));
  assert.equal(code, 3);
  assert.equal(headline(out), "stopped at step 5: Dice, ended: signal");
});

test("the head is taken as people give it: words or hex, in one argument or many, before the file or after", async () => {
  const ways = [
    ["t.jsonl", "--head", ...words],
    ["t.jsonl", "--head", ...words.map((word) => word.toUpperCase())],
    ["--head", ...words, "t.jsonl"],
    ["--head", words.join("\n"), "t.jsonl"],
    ["t.jsonl", "--head", words.join(", "), "--json"],
    ["t.jsonl", "--head", head],
    ["--json", "--head", head.toUpperCase(), "t.jsonl"],
    ["t.jsonl", "--head", ...(head.match(/.{4}/g) ?? [])],
    [`--head=${words.join(" ")}`, "t.jsonl"],
    ["t.jsonl", "--head", rows.map((row, at) => `${at + 1}  ${row.join(" ")}`).join("\n")],
    ["t.jsonl", "--head", rows.map((row, at) => `${at + 1}. ${row.join(", ")}`).join("; ")],
    ["--head", ...rows.flatMap((row, at) => [`${at + 1}`, ...row]), "t.jsonl"],
    ["t.jsonl", "--head", words.map((word, at) => `${at + 1}.${word}`).join(" ")],
    [
      "t.jsonl",
      "--head",
      (head.match(/.{8}/g) ?? []).map((row, at) => `${at + 1}  ${row.slice(0, 4)} ${row.slice(4)}`).join("\n"),
    ],
  ];
  for (const way of ways) assert.match((await run(way)).out, /^whole|"verdict":"whole"/, way.join(" ").slice(0, 30));
});

test("a wrong call is usage, never a verdict", async () => {
  const swapped = [words[1], words[0], ...words.slice(2)].map(String);
  const wrong: [readonly string[], RegExp][] = [
    [[], /no file/],
    [["t.jsonl", "u.jsonl"], /one file/],
    [["t.jsonl", "--head"], /32 words/],
    [["t.jsonl", "--head", ...words.slice(0, 31)], /32 words or 64 hex digits, not 31/],
    [["t.jsonl", "--head", ...words.with(4, "sesame")], /word 5 .*unknown_pgp_word/],
    [["t.jsonl", "--head", ...swapped], /word 1 .*pgp_word_order/],
    [["--head", ...words.slice(1), "t.jsonl"], /word 1 of the head stands out of order/],
    [["t.jsonl", "--json=yes"], /one file/],
    [["folder"], /that is a folder: .*EISDIR/],
    [["t.jsonl", "--head", head, "--head", head], /given twice/],
    [["none.jsonl"], /there is no such file\..*\(ENOENT\)/],
  ];
  for (const [args, text] of wrong) {
    const { code, out, err } = await run(args);
    assert.equal(code, 2, args.join(" "));
    assert.equal(out, "");
    assert.match(err, text);
  }
});

test("a slip in the head is named by its number, another transcript is not", async () => {
  const other = (place: number) =>
    pgpWords(head.replace(/../g, (byte, at) => (at === 2 * place ? (byte === "00" ? "01" : "00") : byte)))[place];
  for (const place of [0, 6, 31]) {
    const { code, out } = await run(["t.jsonl", "--head", words.with(place, String(other(place))).join(" ")]);
    assert.equal(code, 1);
    const row = Math.floor(place / 4) + 1;
    assert.ok(
      out.includes(`- word ${place + 1} of 32 (row ${row}) is not the file's, all others are`),
      out.slice(0, 900),
    );
  }
  const two = words.with(4, String(other(4))).with(9, String(other(9)));
  assert.match(
    (await run(["t.jsonl", "--head", two.join(" ")])).out,
    /- words 5, 10 of 32 \(row 2, 3\) are not the file's/,
  );
  const another = await run(["t.jsonl", "--head", pgpWords("5a".repeat(32)).join(" ")]);
  assert.ok(!another.out.includes("not the file's"));
});

test("a file that was saved by another program is named as that", async () => {
  const text = Buffer.from(bytes).toString();
  const saved: readonly (readonly [Buffer, RegExp])[] = [
    [Buffer.from(text.replaceAll("\n", "\r\n")), /CRLF.*saved_crlf, whole/],
    [Buffer.from(`\ufeff${text}`), /byte order mark.*saved_mark, whole/],
    [Buffer.from(`\ufeff${text}`, "utf16le"), /UTF-16.*saved_wide, whole/],
    [Buffer.from(text.slice(0, -1)), /last line end was lost.*line_end_lost, whole/],
  ];
  for (const [file, said] of saved) {
    const { code, out } = await run(["t.jsonl", "--head", head], file);
    assert.equal(code, 1);
    assert.match(headline(out), said);
    assert.match(out, /the head is the one that was given/);
  }
});

test("--help says how it is called", async () => {
  const { code, out, err } = await run(["t.jsonl", "--help"]);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /^usage: ceremony verify FILE/);
});

test("--json is one line for machines", async () => {
  const whole = JSON.parse((await run(["t.jsonl", "--json", "--head", head])).out);
  assert.deepEqual(whole, {
    verdict: "whole",
    exit: 0,
    events: lines.length,
    head,
    mode: "production",
    network: "mainnet",
    step: 12,
  });
  const broken = JSON.parse((await run(["t.jsonl", "--json"], Buffer.from("{}\n"))).out);
  assert.deepEqual(broken, {
    verdict: "broken",
    exit: 1,
    events: 0,
    head: "0".repeat(64),
    line: 1,
    code: "event_form",
    detail: "fields",
  });
});

test("nothing of a broken line reaches the terminal", async () => {
  const evil = '{"\\u001b[2J\\u001b]0;x":1,"what":"checked"}';
  const line = String(lines[1]).replace(/"data":\{.*?\}/, `"data":${evil}`);
  const { code, out } = await run(["t.jsonl"], Buffer.concat([lines[0] as Buffer, Buffer.from(line)]));
  assert.equal(code, 1);
  assert.match(headline(out), /\(field_unknown, selftest\.\?\)$/);
  assert.ok(!/[^\n -~“”—×]/.test(out));
});

test("the line of the docs checks a chain with a shell and sha256sum, and prints the head", () => {
  const docs = readFileSync(new URL("../../../docs/transcript.md", import.meta.url), "utf8");
  const script = /```sh\n([^`]+)```/.exec(docs)?.[1] ?? "";
  assert.match(script, /sha256sum/);
  const folder = mkdtempSync(join(tmpdir(), "transcript-"));
  const shell = (file: Uint8Array): { status: number | null; out: string } => {
    writeFileSync(join(folder, "transcript.jsonl"), file);
    const { status, stdout } = spawnSync("sh", ["-c", script], { cwd: folder, encoding: "utf8" });
    return { status, out: stdout.trim() };
  };
  try {
    assert.deepEqual(shell(bytes), { status: 0, out: head });
    assert.deepEqual(shell(Buffer.concat(lines.toSpliced(5, 1))), { status: 1, out: "line 6" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
