import { spawnSync } from "node:child_process";
import { NAMESPACE, type Signer } from "./signers.ts";

/** Signs a file; OpenSSH writes FILE.sig beside it. The key may be in a token or an agent. */
export function sign(file: string, key: string): boolean {
  const args = ["-q", "-Y", "sign", "-f", key, "-n", NAMESPACE, file];
  return spawnSync("ssh-keygen", args, { stdio: ["inherit", "ignore", "inherit"] }).status === 0;
}

/** Whether a signature over `text` is the signer's: judged by OpenSSH, and by the key that it names. */
export function isSignedBy(signer: Signer, text: Uint8Array, signature: string, allowedSigners: string): boolean {
  const args = ["-Y", "verify", "-f", allowedSigners, "-I", signer.name, "-n", NAMESPACE, "-s", signature];
  const { status, stdout } = spawnSync("ssh-keygen", args, { input: text, encoding: "utf8" });
  // Good "btc-lsp-attestation" signature for NAME with ED25519 key SHA256:…
  const said = /^Good "(\S+)" signature for (\S+) with \S+ key (\S+)$/m.exec(stdout) ?? [];
  return status === 0 && said[1] === NAMESPACE && said[2] === signer.name && said[3] === signer.fingerprint;
}
