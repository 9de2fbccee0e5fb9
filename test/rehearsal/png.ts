import { crc32, deflateSync, inflateSync } from "node:zlib";

/** A picture of at most sixteen colours: `pixels` row by row, one palette number a byte; `palette` as 0xRRGGBB. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly palette: readonly number[];
  readonly pixels: Uint8Array;
}

const SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

/** Two pixels to a byte: four bits hold the colours of a console. */
const BIT_DEPTH = 4;
const COLOUR_TYPE_PALETTE = 3;

/** Every row is sent as it is: the filters of the format help photographs, not text. */
const FILTER_NONE = 0;

/** PNG (W3C, third edition): signature, IHDR, PLTE, IDAT, IEND. The same picture gives the same bytes. */
export function encodePng({ width, height, palette, pixels }: Picture): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([BIT_DEPTH, COLOUR_TYPE_PALETTE], 8);

  const rowBytes = 1 + Math.ceil(width / 2);
  const data = Buffer.alloc(rowBytes * height, FILTER_NONE);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = row * rowBytes + 1 + (column >> 1);
      // 7.2: the leftmost pixel is in the high bits.
      data[at] = (data[at] ?? 0) | ((pixels[row * width + column] ?? 0) << (column & 1 ? 0 : 4));
    }
  }
  const colours = Buffer.from(palette.flatMap((rgb) => [rgb >> 16, (rgb >> 8) & 255, rgb & 255]));
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("PLTE", colours),
    chunk("IDAT", deflateSync(data, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** What a PNG of ours holds, chunk by chunk, with the pixels decompressed: equal for equal pictures. */
export function pngContent(png: Buffer): { readonly type: string; readonly data: Buffer }[] {
  const chunks = [];
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString("latin1", at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    chunks.push({ type, data: type === "IDAT" ? inflateSync(data) : data });
    at += length + 12;
  }
  return chunks;
}

/** 5.3: length of the data, type, data, CRC-32 over type and data. */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
