import { DURATION_MS } from "../src/domain/limits.ts";
import { log } from "../src/platform/log.ts";
import { backoffMs, type Ended, isCommit, withoutCommit, type Job, type JobHandlers, type JobResult } from "./job.ts";
import { Alarm } from "./alarm.ts";
import { countAlarm } from "./metered-object.ts";
import { exists } from "./migrate.ts";

/** A type and not an interface: `sql.exec` wants an index signature. */
type JobRow = { id: string; kind: string; payload: string; attempts: number; dueAt: number };

const JOBS = "SELECT id, kind, payload, attempts, due_at AS dueAt FROM work";
const JOBS_PER_RUN = 100;
/** Rows that take each other's place within a moment each get a time of their own, in ms. */
const SAME_MOMENT_MS = 10;
/** What is put off waits so long for company, in ms. It is seen on the console, so it is well below the second that is promised there. */
const GATHER_MS = 250;

/**
 * What an object still has to do: timers, messages to send, steps of a saga. A row is written in the transaction of the change that
 * causes it, is usually done at once, and is otherwise picked up by the object's one alarm, which this class owns. A crash at any point
 * leaves the row, so every handler must be idempotent; alarms may come late and twice.
 */
export class DueWork {
  readonly #storage: DurableObjectStorage;
  readonly #handlers: JobHandlers;
  readonly #alarm: Alarm;
  readonly #running = new Set<string>();
  /** Asked for while they were being done: a row that was put anew meanwhile is not to wait for the alarm. */
  readonly #askedAgain = new Set<string>();
  /** What `runSoon` gathers, with the row if it was at hand. A timer is set while there is any. */
  readonly #soon = new Map<string, Job | undefined>();
  /** Rows that were put in this turn: whoever runs them after the commit need not read them. In a later turn they may have been rolled back. */
  readonly #fresh = new Map<string, Job>();
  /** Rows that are done and wait for a commit to go with. Should the object die first, they are done again. */
  readonly #sent = new Map<string, Job>();
  /** Forgets what else of the object's memory is no longer true after a transaction that was rolled back. */
  readonly #onRollback: () => void;

  constructor(storage: DurableObjectStorage, handlers: JobHandlers, onRollback: () => void = () => {}) {
    this.#storage = storage;
    this.#handlers = handlers;
    this.#alarm = new Alarm(storage);
    this.#onRollback = onRollback;
  }

  /**
   * Adds a row; one with the same id is replaced. Without `dueAt` the work is for now: the caller starts it with `run` after the
   * commit, and the alarm takes over should that never happen. A row that takes the place of one is due at another time than that, be it by a
   * millisecond: `#change` tells by it which of the two was run.
   */
  put(job: { id: string; kind: string; payload?: unknown; dueAt?: number }, now: number): void {
    const { id, kind } = job;
    const payload = JSON.stringify(job.payload ?? null);
    const row = this.#storage.sql.exec<{ dueAt: number }>(
      `INSERT INTO work (id, kind, payload, due_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, payload = excluded.payload, attempts = 0,
         due_at = CASE WHEN work.due_at - excluded.due_at BETWEEN 0 AND ${SAME_MOMENT_MS} THEN work.due_at + 1 ELSE excluded.due_at END
       RETURNING due_at AS dueAt`,
      id,
      kind,
      payload,
      job.dueAt ?? now + DURATION_MS.takeover,
    );
    this.#sent.delete(id);
    const { dueAt } = row.one();
    this.#alarm.want(dueAt);
    if (this.#fresh.size === 0) queueMicrotask(() => this.#fresh.clear());
    this.#fresh.set(id, { id, kind, payload, attempts: 0, dueAt });
  }

  /** Makes sure that there is a row and that it is due by then; writes nothing when one already is. */
  dueBy(job: { id: string; kind: string; dueAt: number }, now: number): void {
    const [row] = this.#storage.sql.exec<{ due_at: number }>("SELECT due_at FROM work WHERE id = ?", job.id).toArray();
    // A timer that went off, and whose outcome waits to be written beside another's, was about what was before.
    const wentOff = this.#running.has(job.id) && job.dueAt > now + DURATION_MS.takeover;
    if (!row || row.due_at > job.dueAt || wentOff) this.put(job, now);
    // It was done for what was before, and is there to be done for this.
    else this.#sent.delete(job.id);
  }

  remove(id: string): void {
    this.#fresh.delete(id);
    this.#soon.delete(id);
    this.#storage.sql.exec("DELETE FROM work WHERE id = ?", id);
  }

  payload(id: string): string | undefined {
    return this.#storage.sql.exec<{ payload: string }>("SELECT payload FROM work WHERE id = ?", id).toArray()[0]
      ?.payload;
  }

  /**
   * Rows that should have been done by now or soon, and those that were tried and failed, however long they wait for the next try. Kinds that are timers do not
   * count before their time.
   */
  outstanding(now: number, timers: readonly string[]): number {
    this.#forgetSent();
    const rows = this.#storage.sql.exec<{ n: number }>(
      `SELECT COUNT(*) AS n FROM work
       WHERE attempts > 0 OR due_at <= CASE WHEN kind IN (SELECT value FROM json_each(?)) THEN ? ELSE ? END`,
      JSON.stringify(timers),
      now,
      now + DURATION_MS.takeover,
    );
    return rows.one().n;
  }

  /** All rows, whenever they are due. */
  count(): number {
    this.#forgetSent();
    return Number(this.#storage.sql.exec("SELECT COUNT(*) AS n FROM work").one()["n"]);
  }

  /** One transaction of the object. Should it be rolled back, what was known of its rows and of the alarm is forgotten: it may not be so. */
  transaction<T>(change: () => T): T {
    try {
      return this.#storage.transactionSync(change);
    } catch (error) {
      this.#fresh.clear();
      this.#alarm.forget();
      this.#onRollback();
      throw error;
    }
  }

  /** Sets the alarm to the earliest row, and forgets what was sent. Call it at the end of the transaction that changed rows. */
  arm(): void {
    this.#forgetSent();
    this.#alarm.set(this.#earliest());
  }

  /**
   * The same for rows that come and go often: an alarm that is set to an earlier time stays, because one that finds nothing to do now and then is
   * cheaper than two that are moved with every row.
   */
  armLoosely(): void {
    this.#forgetSent();
    if (!this.#alarm.isEarlyEnough(Date.now())) this.#alarm.set(this.#earliest());
  }

  /** For the row that a new object is about to put: its first alarm changes the schema, and whatever was compiled before that is compiled again. */
  armFirst(at: number): void {
    this.#alarm.set(at);
  }

  /**
   * A row that is being done counts as due a little later: its own end arms again, but should the object die first, somebody must look.
   * Armed at its own time, an alarm would find it busy and fire again at once, over and over.
   */
  #earliest(): number | null {
    const rows = this.#storage.sql.exec<{ id: string; at: number }>(
      "SELECT id, due_at AS at FROM work ORDER BY due_at LIMIT ?",
      this.#running.size + 1,
    );
    const later = Date.now() + DURATION_MS.takeover;
    const times = rows.toArray().map(({ id, at }) => (this.#running.has(id) ? Math.max(at, later) : at));
    return times.length === 0 ? null : Math.min(...times);
  }

  /** In the caller's transaction. Should that be rolled back, the rows are done again, which does no harm. */
  #forgetSent(): void {
    for (const job of this.#sent.values()) this.#change("DELETE FROM work", job);
    this.#sent.clear();
  }

  /** Does the rows with these ids now, whatever their time. Never throws: what fails stays for the alarm. */
  async run(ids: readonly string[]): Promise<void> {
    await this.#runJobs(this.#rows(ids));
  }

  #rows(ids: readonly string[], atHand: ReadonlyMap<string, Job | undefined> = this.#fresh): readonly Job[] {
    for (const id of ids) if (this.#running.has(id)) this.#askedAgain.add(id);
    const wanted = [...new Set(ids)];
    const known = wanted.flatMap((id) => atHand.get(id) ?? []);
    const rows = known.length === wanted.length ? known : this.#read(wanted);
    return rows.filter(({ id, dueAt }) => this.#sent.get(id)?.dueAt !== dueAt);
  }

  #read(ids: readonly string[]): readonly Job[] {
    const these = `${JOBS} WHERE id IN (SELECT value FROM json_each(?))`;
    return this.#storage.sql.exec<JobRow>(these, JSON.stringify(ids)).toArray();
  }

  /**
   * Does them a little later, together with whatever else is put off until then: a queue takes one message and fifty in one call. The timer is
   * only memory; should the object die first, the alarm finds the rows.
   */
  runSoon(ids: readonly string[]): void {
    if (this.#soon.size === 0) setTimeout(() => void this.flush(), GATHER_MS);
    for (const id of ids) this.#soon.set(id, this.#fresh.get(id));
  }

  /** Does now what was put off, because a commit is about to come that can forget it. */
  async flush(): Promise<void> {
    const gathered = new Map(this.#soon);
    this.#soon.clear();
    if (gathered.size === 0 || !exists(this.#storage)) return;
    await this.#runJobs(this.#rows([...gathered.keys()], gathered), () => this.armLoosely());
  }

  /** Forgets what was sent, should no commit have done so yet: cheaper than to leave it to the alarm. */
  tidy(): void {
    if (this.#sent.size > 0 && exists(this.#storage)) this.transaction(() => this.arm());
  }

  /** The alarm's body: everything that is due, in bounded bites. */
  runDue(now: number): Promise<void> {
    return countAlarm(this.#storage, () => this.#runDue(now));
  }

  async #runDue(now: number): Promise<void> {
    this.#alarm.forget();
    this.#forgetSent();
    const due = `${JOBS} WHERE due_at <= ? ORDER BY due_at LIMIT ?`;
    await this.#runJobs(this.#storage.sql.exec<JobRow>(due, now, JOBS_PER_RUN).toArray());
    // An alarm that went off has to be set anew, so there is a commit to forget in.
    if (exists(this.#storage)) this.arm();
  }

  /** What was run together is settled together: a commit costs more than a row, and a row that goes a little later may only be done again. */
  async #runJobs(jobs: readonly Job[], arm = (): void => this.arm()): Promise<void> {
    const idle = jobs.filter((job) => !this.#running.has(job.id));
    if (idle.length === 0) return;
    for (const { id } of idle) this.#running.add(id);
    for (const { id } of idle) this.#soon.delete(id);
    const kinds = [...Map.groupBy(idle, (job) => job.kind)];
    const ended = await Promise.all(
      kinds.map(async ([kind, together]) => {
        const result = await this.#outcome(kind, together);
        // At once, while others are still being done: what is put from now on is not what was sent.
        for (const job of result === "sent" ? together : []) {
          this.#running.delete(job.id);
          this.#sent.set(job.id, job);
        }
        return { together, result };
      }),
    );
    const unsettled = ended.filter(({ result }) => result !== "sent");
    // What was sent is no longer ours: it may have been put anew, and be somebody else's by now.
    for (const { together } of unsettled) for (const job of together) this.#running.delete(job.id);
    // The work may have been to delete the object.
    if (unsettled.length > 0 && exists(this.#storage)) this.#settleAll(unsettled, arm);
    const again = idle.flatMap(({ id }) => (!this.#running.has(id) && this.#askedAgain.delete(id) ? [id] : []));
    if (again.length > 0 && exists(this.#storage)) await this.run(again);
  }

  async #outcome(kind: string, jobs: readonly Job[]): Promise<JobResult | "failed"> {
    try {
      const handler = this.#handlers[kind];
      if (!handler) throw new Error(`no handler for work of kind ${kind}`);
      return await handler(jobs);
    } catch (error) {
      log("warn", "work_failed", { kind, ids: jobs.map((job) => job.id), error: String(error) });
      return "failed";
    }
  }

  #settleAll(ended: readonly Ended[], arm: () => void): void {
    const settle = (all: readonly Ended[]) =>
      this.transaction(() => {
        const followers = all.map((each) => this.#settle(each));
        arm();
        return followers;
      });
    let followers: ReturnType<typeof settle>;
    try {
      followers = settle(ended);
    } catch (error) {
      // What was to be written could not be. The rest of them is done all the same.
      log("warn", "work_failed", { kinds: ended.map(({ together }) => together[0]?.kind), error: String(error) });
      followers = settle(ended.map(withoutCommit));
    }
    for (const follow of followers) follow?.();
  }

  /** In the caller's transaction. Answers what is to follow it. */
  #settle({ together, result }: Ended): (() => void) | undefined {
    const follow = isCommit(result) ? result.commit() : undefined;
    for (const job of together) {
      if (result === "failed") this.#putOff(job, Date.now() + backoffMs(job.attempts), job.attempts + 1);
      else if (typeof result === "object" && "again" in result) this.#putOff(job, result.again, 0);
      else this.#change("DELETE FROM work", job);
    }
    return follow;
  }

  #putOff(job: Job, dueAt: number, attempts: number): void {
    this.#change("UPDATE work SET due_at = ?, attempts = ?", job, dueAt, attempts);
    this.#alarm.want(dueAt);
  }

  /** Changes the row that was run and no other: meanwhile, or by its own handler, one of the same id may have been put in its place. */
  #change(statement: string, { id, payload, dueAt }: Job, ...values: number[]): void {
    this.#storage.sql.exec(`${statement} WHERE id = ? AND payload = ? AND due_at = ?`, ...values, id, payload, dueAt);
  }
}
