import { Mark } from "../ui/icon.tsx";

/** Cloudflare Access lets people in for some hours. It asks them again when the page is loaded, and a key would not get past it. */
export function Ended() {
  return (
    <main class="login">
      <div class="login-form" role="alert">
        <Mark />
        <h1>Your sign-in has ended</h1>
        <p class="soft">The shop goes on; nothing of it is shown until you are signed in again.</p>
        <button type="button" class="primary" autofocus onClick={() => location.reload()}>
          Sign in again
        </button>
      </div>
    </main>
  );
}
