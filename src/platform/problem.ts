/** Members beside the ones that every problem has, e.g. `errors` or `limit`. `instance` is the path that was called. */
export interface ProblemExtra {
  readonly instance?: string | undefined;
  readonly request_id?: string | undefined;
  readonly [member: string]: unknown;
}

/**
 * An error as RFC 9457 `application/problem+json`. `code` is stable snake_case and names the page of the reference that explains it;
 * `type` is relative, so that it resolves against whatever host the shop runs on.
 */
export function problemResponse(
  status: number,
  code: string,
  title: string,
  detail: string,
  extra: ProblemExtra = {},
  headers: Readonly<Record<string, string>> = {},
): Response {
  const { instance, request_id, ...members } = extra;
  const body = { type: `/problems/${code}`, title, status, detail, instance, code, request_id, ...members };
  return Response.json(body, { status, headers: { ...headers, "content-type": "application/problem+json" } });
}
