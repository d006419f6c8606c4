/**
 * Stands in for protobufjs in the bundle (wrangler.toml, [alias]). The sketch library asks for it only to write sketches in Datadog's wire
 * format, which nobody here does; without an answer the bundler refuses.
 */
export default {};
