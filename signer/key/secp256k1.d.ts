/** The native binding of libsecp256k1: what we call of it. The package has no types for this entry. */
declare module "secp256k1/bindings.js" {
  interface Binding {
    privateKeyVerify(privateKey: Uint8Array): boolean;
    /** 33 or 65 bytes, on the curve; throws for another length. */
    publicKeyVerify(publicKey: Uint8Array): boolean;
    publicKeyCreate(privateKey: Uint8Array, compressed: boolean): Uint8Array;
    /** `publicKey + tweak * G`; throws if that is no key. */
    publicKeyTweakAdd(publicKey: Uint8Array, tweak: Uint8Array, compressed: boolean): Uint8Array;
    /** `signature` is 64 bytes, r and s; low-S, RFC 6979, with 32 bytes of `data` as its extra data. */
    ecdsaSign(
      digest: Uint8Array,
      privateKey: Uint8Array,
      options?: { readonly data: Uint8Array },
    ): { readonly signature: Uint8Array; readonly recid: number };
    ecdsaVerify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean;
    signatureExport(signature: Uint8Array): Uint8Array;
    signatureImport(der: Uint8Array): Uint8Array;
    /** Blinds the context's multiplications, against side channels. */
    contextRandomize(seed: Uint8Array): void;
  }
  const binding: Binding;
  export = binding;
}
