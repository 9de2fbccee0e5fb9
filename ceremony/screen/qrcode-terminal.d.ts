/** The one class of `qrcode-terminal` that is used; the package has no types. */
declare module "qrcode-terminal/vendor/QRCode/index.js" {
  class QRCode {
    /** `version` below 1: the smallest that holds the data. `errorCorrectLevel`: 1 is L, 0 is M. */
    constructor(version: number, errorCorrectLevel: number);
    /** Adds a segment in byte mode, one byte for each UTF-16 unit. */
    addData(data: string): void;
    make(): void;
    getModuleCount(): number;
    isDark(row: number, column: number): boolean;
  }
  export = QRCode;
}
