/**
 * What analytics.js fetches before it sends anything (`cdnURL` + /v1/projects/<write key>/settings): its one destination is this shop, and
 * it need not report on its own health.
 * Source: https://github.com/segmentio/analytics-next (`loadCDNSettings`, `plugins/segmentio`)
 */
export const sdkSettings = ({ host, protocol }: URL, writeKey: string): unknown => ({
  integrations: {
    "Segment.io": {
      apiKey: writeKey,
      apiHost: `${host}/v1`,
      protocol: protocol.slice(0, -1),
      addBundledMetadata: false,
      unbundledIntegrations: [],
      maybeBundledConfigIds: {},
      versionSettings: { version: "4.4.7", componentTypes: ["browser"] },
    },
  },
  plan: { track: { __default: { enabled: true, integrations: {} } }, identify: { __default: { enabled: true } } },
  edgeFunction: {},
  analyticsNextEnabled: true,
  middlewareSettings: {},
  enabledMiddleware: {},
  metrics: { sampleRate: 0 },
  legacyVideoPluginsEnabled: false,
  remotePlugins: [],
});
