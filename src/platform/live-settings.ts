import { ageMs } from "../domain/age.ts";
import { type SettingName, type SettingsLease, SETTINGS_LEASE_MS, USUAL } from "../domain/cost/settings.ts";

/** The settings in force, as this isolate was told. Without a lease that is alive, what was deployed holds. */
export class LiveSettings {
  #lease: SettingsLease | undefined;
  #heardAt = -Infinity;

  /** `askedAt` and not when the answer came: that is the later end of its age. */
  hold(lease: SettingsLease, askedAt: number): void {
    // Older than what is known; but what comes from the future is from before the clock was put back.
    if (askedAt < this.#heardAt && ageMs(this.#heardAt, askedAt) < Infinity) return;
    this.#lease = lease;
    this.#heardAt = askedAt;
  }

  get(name: SettingName, now: number = Date.now()): number {
    const isAlive = ageMs(this.#heardAt, now) < SETTINGS_LEASE_MS;
    return isAlive && this.#lease ? this.#lease.settings[name] : USUAL[name];
  }
}

/** One per isolate. */
export const live = new LiveSettings();
