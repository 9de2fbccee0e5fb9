import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { writeNewFile } from "../../../ceremony/host/newfile.ts";
import { fail } from "../../../core/result.ts";
import { REPORT, runInspectWith } from "./command.ts";
import { SAMPLE_WORDS } from "./samples.ts";

describe("accounts of ceremony inspect", () => {
  const folder = mkdtempSync(join(tmpdir(), "inspect-"));
  after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "accounts.json");

  it("are written for their owner only, and named in the text", async () => {
    const { code, out } = await runInspectWith(["--network", "regtest", "--accounts", path], `${SAMPLE_WORDS}\n\n`, {
      writeFile: writeNewFile,
    });
    assert.equal(code, 0);
    assert.ok(out.includes(`259, written to ${path} and read back`));
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(JSON.parse(readFileSync(path, "utf8")).accounts.length, 259);
  });

  it("are never written over a file, nor through a link", async () => {
    const before = readFileSync(path, "utf8");
    const dangling = join(folder, "link");
    symlinkSync(join(folder, "nowhere"), dangling);
    for (const taken of [path, dangling]) {
      const { code, out } = await runInspectWith(["--json", "--accounts", taken], `${SAMPLE_WORDS}\n\n`, {
        writeFile: writeNewFile,
      });
      assert.deepEqual([code, out], [1, `${JSON.stringify({ error: { code: "file_exists" } })}\n`]);
    }
    assert.equal(readFileSync(path, "utf8"), before);
    assert.ok(!existsSync(join(folder, "nowhere")));
  });

  it("are not written when the words are wrong", async () => {
    const unwritten = { writeFile: () => assert.fail("written") };
    assert.equal((await runInspectWith(["--accounts", path], `${SAMPLE_WORDS}\nwrong\n`, unwritten)).code, 1);
  });

  it("that cannot be written are an error, and no report is shown as if all were well", async () => {
    const nowhere = join(folder, "no", "such", "folder");
    const { code, out, err } = await runInspectWith(["--accounts", nowhere], `${SAMPLE_WORDS}\n\n`, {
      writeFile: writeNewFile,
    });
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /could not be written and read back/);
  });

  it("that do not fit are removed again", { skip: !existsSync("/dev/full") }, () => {
    // /dev/full takes no byte; a file that was begun has the same end, but needs a full disk.
    assert.deepEqual(writeNewFile("/dev/full", Buffer.from("x")), fail({ code: "file_exists" }));
    const limited = `ulimit -f 1; exec "$0" --input-type=module -e "$1" "$2" "$3"`;
    const script = `
      const { writeNewFile } = await import(process.argv[1]);
      process.on("SIGXFSZ", () => {});
      process.stdout.write(JSON.stringify(writeNewFile(process.argv[2], Buffer.alloc(100_000, 1))));
    `;
    const module = new URL("../../../ceremony/host/newfile.ts", import.meta.url).href;
    const target = join(folder, "big");
    const done = spawnSync("sh", ["-c", limited, process.execPath, script, module, target], { encoding: "utf8" });
    assert.equal(done.stdout, JSON.stringify(fail({ code: "file_not_written" })), done.stderr);
    assert.ok(!existsSync(target));
  });

  it("are written by the process itself, which also reads words and passphrase", () => {
    const script = `
      const { runInspect } = await import(process.argv[1]);
      const { processIo } = await import(process.argv[2]);
      process.exitCode = await runInspect(["--network", "regtest", "--json", "--accounts", "mine.json"], processIo());
    `;
    const modules = ["inspect/command.ts", "host/stdio.ts"].map(
      (file) => new URL(`../../../ceremony/${file}`, import.meta.url).href,
    );
    const inspectHere = () =>
      spawnSync(process.execPath, ["--input-type=module", "-e", script, ...modules], {
        input: `${SAMPLE_WORDS.replaceAll(" ", "\r\n")}\r\n\r\n`,
        cwd: folder,
        encoding: "utf8",
      });
    const first = inspectHere();
    assert.deepEqual([first.status, first.stderr, JSON.parse(first.stdout)], [0, "", REPORT]);
    assert.equal(statSync(join(folder, "mine.json")).mode & 0o777, 0o600);
    assert.deepEqual(JSON.parse(inspectHere().stdout), { error: { code: "file_exists" } });
  });
});
