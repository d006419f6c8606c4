/**
 * A Worker beside others that calls one object and does nothing else: of the shop `POST /reserve/{sku}/{order}` and `/release/{sku}/{order}`, of the yardstick
 * `POST /write/{cell}`. So an object's own rate can be measured, without the door and the order that stand before it, and both sides come in by the same door.
 * Its types are only written here; `serve.ts` strips them.
 */
interface ObjectCalls {
  reserve(request: {
    readonly sku: string;
    readonly orderId: string;
    readonly quantity: number;
    readonly expiresAt: number;
  }): Promise<{ readonly ok: boolean }>;
  release(request: { readonly sku: string; readonly orderId: string }): Promise<void>;
  write(): Promise<void>;
}

interface ProbeEnv {
  readonly OBJECT: { getByName(name: string): ObjectCalls };
}

const HOLD_MS = 15 * 60_000;

export default {
  async fetch(request: Request, env: ProbeEnv): Promise<Response> {
    const [, verb, name = "", orderId = ""] = new URL(request.url).pathname.split("/");
    const object = env.OBJECT.getByName(name);
    switch (verb) {
      case "reserve": {
        const reply = await object.reserve({ sku: name, orderId, quantity: 1, expiresAt: Date.now() + HOLD_MS });
        return Response.json(reply, { status: reply.ok ? 200 : 409 });
      }
      case "release":
        await object.release({ sku: name, orderId });
        return Response.json({ ok: true });
      case "write":
        await object.write();
        return Response.json({ ok: true });
      default:
        return new Response(null, { status: 404 });
    }
  },
};
