import { invalid, refusal } from "./errors.ts";
import type { HttpRequest } from "./http.ts";

const SECRET_KEY = /^(sk|rk)_\w{1,250}$/;
const VERSION = /^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$/;
const FORM = "application/x-www-form-urlencoded";

/** Any secret key will do: there is one account, and it guards nothing. */
export function checkCredentials(request: HttpRequest): void {
  const key = keyOf(request.headers["authorization"]);
  if (key === "") {
    throw refusal(
      401,
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer " +
        "auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    );
  }
  if (!SECRET_KEY.test(key)) throw refusal(401, `Invalid API Key provided: ${key.slice(0, 3)}****`);
}

function keyOf(authorization = ""): string {
  const [scheme = "", credentials = ""] = authorization.split(" ");
  if (scheme.toLowerCase() === "bearer") return credentials;
  if (scheme.toLowerCase() !== "basic") return "";
  const [user = ""] = Buffer.from(credentials, "base64").toString("utf8").split(":");
  return user;
}

export function checkVersion(request: HttpRequest): void {
  const version = request.headers["stripe-version"];
  if (version !== undefined && !VERSION.test(version)) {
    throw invalid(`Invalid Stripe API version: ${version.slice(0, 60)}`);
  }
}

export function checkEncoding(request: HttpRequest): void {
  if (request.method !== "POST" || request.body === "") return;
  if (request.headers["content-type"]?.startsWith(FORM) === true) return;
  throw invalid(`Invalid request (check that your POST content type is ${FORM}).`);
}
