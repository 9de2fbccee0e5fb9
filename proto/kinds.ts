import { type DescField, ScalarType } from "@bufbuild/protobuf";

/** What a value of a field is, as far as its bytes go. */
export type Kind = ScalarKind | "message";
export type ScalarKind = VarintKind | "string" | "bytes";
type VarintKind = "uint64" | "uint32" | "bool" | "enum";

const SCALARS: Partial<Record<ScalarType, ScalarKind>> = {
  [ScalarType.UINT64]: "uint64",
  [ScalarType.UINT32]: "uint32",
  [ScalarType.BOOL]: "bool",
  [ScalarType.STRING]: "string",
  [ScalarType.BYTES]: "bytes",
};

/** The kind of a field, of a list's elements where it is one. Throws for the kinds that no contract of ours uses. */
export function kindOf(field: DescField): Kind {
  if (field.message !== undefined && field.fieldKind !== "map") return "message";
  if (field.enum !== undefined && field.fieldKind !== "map") return "enum";
  const scalar = field.fieldKind === "map" || field.scalar === undefined ? undefined : SCALARS[field.scalar];
  if (scalar === undefined) throw new Error(`${field.parent.typeName}.${field.name}: a kind the contract does not use`);
  return scalar;
}

/** Wire type 0, and packed in a list. */
export function isVarint(kind: string): kind is VarintKind {
  return kind === "uint64" || kind === "uint32" || kind === "bool" || kind === "enum";
}
