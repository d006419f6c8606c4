/** A Worker beside the shop's own that hands orders to the desks in front of all of them. Its types are only written here; `serve.ts` strips them. */
interface Desk {
  set(faults: object): Promise<void>;
  breakShard(name: string): Promise<void>;
}
interface Order {
  readonly faults?: object;
  readonly breakShard?: string;
}

export default {
  async fetch(request: Request, env: Readonly<Record<string, Desk>>): Promise<Response> {
    const { faults, breakShard }: Order = await request.json();
    const desks = Object.values(env);
    if (faults) await Promise.all(desks.map((desk) => desk.set(faults)));
    if (breakShard !== undefined) await Promise.all(desks.map((desk) => desk.breakShard(breakShard)));
    return new Response(null, { status: 204 });
  },
};
