import { OBJECT_AREAS } from "../domain/cost/objects.ts";
import type { Area } from "../domain/cost/counts.ts";
import { meter } from "./meter.ts";

/** What has been given its counters already. Of this isolate. */
const watched = new WeakSet<object>();

/**
 * Has the bindings of an isolate count what is asked of them: calls of objects, rows of D1, data points. They are counted at the binding and not where they
 * are used, so nobody who writes a query has to think of it, and nothing is forgotten. The handles are the isolate's own; what they are handles of
 * is not touched, and the second time nothing happens.
 */
export function watchBindings(env: object, home: Area): void {
  if (watched.has(env)) return;
  watched.add(env);
  for (const [name, binding] of Object.entries(env)) {
    if (typeof binding !== "object" || binding === null || watched.has(binding) || isWorker(binding)) continue;
    watched.add(binding);
    if (isNamespace(binding)) countCalls(binding, OBJECT_AREAS[name] ?? home);
    else if (isDatabase(binding)) countRows(binding, home);
    else if (isDataset(binding)) countPoints(binding, home);
  }
}

/** A stub is fetched anew for each call everywhere here, because it is broken once a call on it has thrown (`callObject`): so a stub is a call. */
function countCalls(namespace: DurableObjectNamespace, area: Area): void {
  for (const name of ["get", "getByName"] as const) {
    // SAFETY: it is called with what it would have been called with.
    const fetchStub = namespace[name].bind(namespace) as (...input: unknown[]) => unknown;
    replace(namespace, name, (...input) => {
      meter.add(`${area}.objectRequest`);
      meter.called = area;
      return fetchStub(...input);
    });
  }
}

function countRows(database: D1Database, area: Area): void {
  const note = ({
    meta,
  }: {
    readonly meta?: { readonly rows_read?: number; readonly rows_written?: number };
  }): void => {
    meter.add(`${area}.d1RowRead`, meta?.rows_read ?? 0);
    meter.add(`${area}.d1RowWritten`, meta?.rows_written ?? 0);
  };
  const counted = (statement: D1PreparedStatement): D1PreparedStatement => {
    const all = statement.all.bind(statement);
    const bind = statement.bind.bind(statement);
    const noted = async () => {
      const result = await all();
      note(result);
      return result;
    };
    replace(statement, "bind", (...values) => counted(bind(...values)));
    replace(statement, "all", noted);
    replace(statement, "run", noted);
    // The platform's own `first` keeps to itself what it read.
    replace(statement, "first", async (column) => {
      const row: unknown = (await noted()).results[0] ?? null;
      return typeof column === "string" && row !== null ? cellOf(row, column) : row;
    });
    return statement;
  };
  const prepare = database.prepare.bind(database);
  const batch = database.batch.bind(database);
  replace(database, "prepare", (query) => counted(prepare(String(query))));
  replace(database, "batch", async (statements) => {
    // SAFETY: it is given on as it came.
    const results = await batch(statements as D1PreparedStatement[]);
    for (const result of results) note(result);
    return results;
  });
}

/** A column that the row does not have is refused as the platform's own `first` refuses it: null would be an answer. */
function cellOf(row: unknown, column: string): unknown {
  const cell: unknown = Reflect.get(Object(row), column);
  if (cell !== undefined) return cell;
  throw new Error(`D1_COLUMN_NOTFOUND: Column not found (${column})`, { cause: new Error("Column not found") });
}

function countPoints(dataset: AnalyticsEngineDataset, area: Area): void {
  const write = dataset.writeDataPoint.bind(dataset);
  replace(dataset, "writeDataPoint", (point) => {
    meter.add(`${area}.dataPoint`);
    // SAFETY: it is given on as it came.
    write(point as AnalyticsEngineDataPoint);
  });
}

/** Of this handle only. The new function takes and gives what the old one did. */
export function replace(handle: object, name: string, by: (...input: unknown[]) => unknown): void {
  Object.defineProperty(handle, name, { value: by, configurable: true, writable: true });
}

/** What leads to another Worker claims to have any method that it is asked for, this one as well. It costs nothing and is left alone. */
const isWorker = (binding: object): boolean => "a method that nobody has" in binding;
const isNamespace = (binding: object): binding is DurableObjectNamespace => "getByName" in binding;
const isDatabase = (binding: object): binding is D1Database => "prepare" in binding && "batch" in binding;
const isDataset = (binding: object): binding is AnalyticsEngineDataset => "writeDataPoint" in binding;
