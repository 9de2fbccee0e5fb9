import { type DescEnum, type DescField, type DescFile, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import type { ContractField } from "./contract.ts";

/** Every message of some files, nested ones too, by its full name. */
export function messagesOf(files: readonly DescFile[]): Map<string, DescMessage> {
  const all = (messages: readonly DescMessage[]): DescMessage[] =>
    messages.flatMap((message) => [message, ...all(message.nestedMessages)]);
  return new Map(files.flatMap((file) => all(file.messages)).map((message) => [message.typeName, message]));
}

export function enumsOf(files: readonly DescFile[]): Map<string, DescEnum> {
  const nested = [...messagesOf(files).values()].flatMap((message) => message.nestedEnums);
  return new Map([...files.flatMap((file) => file.enums), ...nested].map((desc) => [desc.typeName, desc]));
}

/** A field in the table's form. */
export function rowOf(field: DescField): ContractField {
  return {
    number: field.number,
    name: field.name,
    type: typeOf(field),
    ...(field.fieldKind === "list" ? { repeated: true as const } : {}),
    ...(field.oneof === undefined ? {} : { oneof: field.oneof.name }),
  };
}

function typeOf(field: DescField): string {
  if (field.fieldKind === "map") return "map";
  const scalar = field.scalar === undefined ? undefined : ScalarType[field.scalar].toLowerCase();
  return field.message?.typeName ?? field.enum?.typeName ?? scalar ?? "";
}
