/**
 * Rejects when the answer takes longer: a dependency that hangs is as sick as one that fails. The timer is cleared: in a Durable Object a pending one would keep
 * the object awake and billed.
 */
export async function inTime<T>(answer: Promise<T>, ms: number, what = "the answer"): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
