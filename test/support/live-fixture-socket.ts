import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** RFC 6455, section 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** The server's side of a WebSocket, as much of RFC 6455 as the fixture needs: unfragmented text from the client, up to 64 KB. */
export class ServerSocket {
  onText: (text: string) => void = () => undefined;
  onClose: () => void = () => undefined;
  readonly #wire: Duplex;
  #rest = Buffer.alloc(0);

  constructor(request: IncomingMessage, wire: Duplex, protocol: string | undefined) {
    this.#wire = wire;
    const key = request.headers["sec-websocket-key"] ?? "";
    const accept = createHash("sha1").update(`${key}${GUID}`).digest("base64");
    const chosen = protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`];
    const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
    wire.write([...head, `Sec-WebSocket-Accept: ${accept}`, ...chosen, "", ""].join("\r\n"));
    wire.on("data", (chunk: Buffer) => this.#take(chunk));
    wire.on("close", () => this.onClose());
    wire.on("error", () => wire.destroy());
  }

  send(text: string): void {
    this.#frame(TEXT, Buffer.from(text));
  }

  close(code: number, reason: string): void {
    const body = Buffer.alloc(2 + Buffer.byteLength(reason));
    body.writeUInt16BE(code);
    body.write(reason, 2);
    this.#frame(CLOSE, body);
    this.#wire.end();
  }

  #frame(opcode: number, body: Buffer): void {
    if (this.#wire.writable) this.#wire.write(Buffer.concat([headOf(opcode, body.length), body]));
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let frame = readFrame(this.#rest); frame; frame = readFrame(this.#rest)) {
      this.#rest = this.#rest.subarray(frame.bytes);
      if (frame.opcode === TEXT) this.onText(frame.body.toString("utf8"));
      if (frame.opcode === PING) this.#frame(PONG, frame.body);
      if (frame.opcode === CLOSE) this.close(1000, "");
    }
  }
}

function headOf(opcode: number, length: number): Buffer {
  const first = 0x80 | opcode;
  if (length < 126) return Buffer.from([first, length]);
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

function readFrame(data: Buffer): { opcode: number; body: Buffer; bytes: number } | undefined {
  const [first, second] = data;
  if (first === undefined || second === undefined) return undefined;
  const isLong = (second & 0x7f) === 126;
  const maskAt = isLong ? 4 : 2;
  if (data.length < maskAt + 4) return undefined;
  const length = isLong ? data.readUInt16BE(2) : second & 0x7f;
  const bytes = maskAt + 4 + length;
  if (data.length < bytes) return undefined;
  const mask = data.subarray(maskAt, maskAt + 4);
  const body = Buffer.from(data.subarray(maskAt + 4, bytes).map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  return { opcode: first & 0x0f, body, bytes };
}
