/** Google's reader and writer: what the oracle calls of them. The package has no types of its own. */
declare module "google-protobuf" {
  export interface Reader {
    nextField(): boolean;
    getFieldNumber(): number;
    isEndGroup(): boolean;
    skipField(): void;
    readMessage<T>(target: T, read: (target: T, reader: Reader) => void): void;
    readUint64String(): string;
    readUint32(): number;
    readBool(): boolean;
    readEnum(): number;
    readStringRequireUtf8(): string;
    readBytes(): Uint8Array;
    readPackableEnumInto(into: number[]): void;
  }

  export interface Writer {
    writeMessage<T>(number: number, value: T, write: (value: T, writer: Writer) => void): void;
    writeUint64String(number: number, value: string): void;
    writeUint32(number: number, value: number): void;
    writeBool(number: number, value: boolean): void;
    writeEnum(number: number, value: number): void;
    writeString(number: number, value: string): void;
    writeBytes(number: number, value: Uint8Array): void;
    writePackedEnum(number: number, values: readonly number[]): void;
    getResultBuffer(): Uint8Array;
  }

  export const BinaryReader: new (bytes: Uint8Array) => Reader;
  export const BinaryWriter: new () => Writer;
}
