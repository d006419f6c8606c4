/**
 * A module that stands before each bundle of a shop whose faults can be told: the bundle behind it is the one that would be deployed, and is handed
 * bindings that fail, a clock that is wrong, and shards that break, while somebody says so. `serve.ts` strips its types and makes it the main module.
 * What it changes is what the platform gives a Worker, and never what a Worker does with it.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import type { Faults } from "./faults.ts";

/** Of this isolate, in which all requests and all objects of a Worker run here. */
let faults: Faults = {};
let script = "";

const RealDate = Date;
const now = (): number => RealDate.now() + (faults.clockMs ?? 0);
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, self) => Reflect.construct(target, args.length === 0 ? [now()] : args, self),
  get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
});

interface ShardToBreak {
  breakDown(): Promise<void>;
}
interface DeskEnv {
  readonly EVENT_SHARD?: { getByName(name: string): ShardToBreak };
}

/** Where the faults are told. */
export class FaultDesk extends WorkerEntrypoint<DeskEnv> {
  set(told: Faults): void {
    faults = told;
  }

  /** One object loses its memory in the middle of whatever it does. */
  async breakShard(name: string): Promise<void> {
    // The call never comes back: the object that would answer it is gone.
    await this.env.EVENT_SHARD?.getByName(name)
      .breakDown()
      .catch(() => {});
  }
}

interface Env {
  readonly DB?: D1Database;
}
type Handler = (event: unknown, env: Env, ctx: unknown) => unknown;
interface Handlers {
  readonly fetch?: Handler;
  readonly queue?: Handler;
}

/** The Worker's own handlers, with bindings that can fail. */
export function behind(name: string, worker: Handlers): Handlers {
  script = name;
  const faced =
    (handler: Handler): Handler =>
    (event, env, ctx) =>
      handler.call(worker, event, facing(env), ctx);
  const { fetch, queue } = worker;
  return { ...(fetch && { fetch: faced(fetch) }), ...(queue && { queue: faced(queue) }) };
}

const known = new WeakMap<Env, Env>();
function facing(env: Env): Env {
  if (!env.DB) return env;
  const before = known.get(env);
  if (before) return before;
  const after = { ...env, DB: database(env.DB) };
  known.set(env, after);
  return after;
}

const realOf = new WeakMap<object, D1PreparedStatement>();
const sqlOf = new WeakMap<object, string>();
const RUNS = ["first", "run", "all", "raw"] as const;

/** A D1 that is asked only when no fault stands before it. Objects of their own, because who counts what is asked puts its methods on what it is given. */
function database(db: D1Database): D1Database {
  const faced: Pick<D1Database, "prepare" | "batch" | "exec" | "withSession"> = {
    prepare: (sql) => statement(db.prepare(sql), sql),
    batch: async (statements) => {
      await strike(statements.map((each) => sqlOf.get(each) ?? "").join(";"));
      return db.batch(statements.map((each) => realOf.get(each) ?? each));
    },
    exec: (sql) => db.exec(sql),
    withSession: (constraint) => db.withSession(constraint),
  };
  // SAFETY: what is left out is deprecated, and nobody here calls it.
  return faced as D1Database;
}

function statement(real: D1PreparedStatement, sql: string): D1PreparedStatement {
  const runs = RUNS.map((name) => {
    const run = async (...args: unknown[]): Promise<unknown> => {
      await strike(sql);
      return Reflect.apply(Reflect.get(real, name), real, args);
    };
    return [name, run] as const;
  });
  const bind = (...values: unknown[]): D1PreparedStatement => statement(real.bind(...values), sql);
  // SAFETY: every method that a statement has, with the arguments and the results of the real one.
  const faced = { bind, ...Object.fromEntries(runs) } as unknown as D1PreparedStatement;
  realOf.set(faced, real);
  sqlOf.set(faced, sql);
  return faced;
}

async function strike(sql: string): Promise<void> {
  const fault = faults.database;
  if (!fault || (fault.worker ?? script) !== script) return;
  if (fault.matching !== undefined && !new RegExp(fault.matching, "i").test(sql)) return;
  if (fault.effect === "slow") await new Promise((resolve) => setTimeout(resolve, fault.ms ?? 0));
  else throw new Error("D1_ERROR: Network connection lost.");
}

type ObjectClass = new (ctx: DurableObjectState, env: unknown) => object;

let isTimed = false;
/** An object keeps its alarms by the platform's clock: what is asked for in a minute comes in a minute, whatever the isolate takes the time for. */
export function onTime(Base: ObjectClass): ObjectClass {
  return class extends Base {
    constructor(ctx: DurableObjectState, env: unknown) {
      if (!isTimed) keepTime(Object.getPrototypeOf(ctx.storage));
      super(ctx, env);
    }
  };
}

function keepTime(storage: DurableObjectStorage): void {
  isTimed = true;
  const setAlarm = Reflect.get(storage, "setAlarm");
  storage.setAlarm = function keptAlarm(at, options) {
    return setAlarm.call(this, Number(at) - (faults.clockMs ?? 0), options);
  };
}

interface Shard {
  readonly ctx: DurableObjectState;
  apply(request: unknown): unknown;
}

/** A shard that can be told to refuse everything, or to break down. */
export function breakable(Base: new (ctx: DurableObjectState, env: unknown) => Shard) {
  return class extends Base {
    override apply(request: unknown): unknown {
      if (faults.shards === "refuse") throw new Error("this shard refuses everything");
      return super.apply(request);
    }

    breakDown(): void {
      this.ctx.abort("broken on purpose");
    }
  };
}
