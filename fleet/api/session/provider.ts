/**
 * Signing in at an identity provider: OpenID Connect Core 1.0 §3.1, authorization code with PKCE (RFC 7636), state and
 * nonce. The library checks signature, issuer, audience, times, nonce and state; who the person is here is asked by
 * issuer and subject alone. The provider is the installation's: no operator can make us call an address of his choice.
 */
import * as client from "openid-client";
import type { OidcSettings } from "../../config.js";

export const CALLBACK_PATH = "/api/v1/session/oidc/callback";
const ANSWER_WITHIN_S = 10;

/** What must be known when the person comes back. */
export interface Journey {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface ProviderIdentity {
  readonly issuer: string;
  readonly subject: string;
}

export interface Provider {
  readonly issuer: string;
  /** Where the person is to be sent. Rejects while the provider does not answer. */
  begin(): Promise<{ readonly url: URL; readonly journey: Journey }>;
  /** Who has come back with `search` behind the callback's address. Rejects for anything that is not as it must be. */
  finish(search: string, journey: Journey): Promise<ProviderIdentity>;
}

export function createProvider({ issuer, clientId, clientSecret }: OidcSettings, publicUrl: string): Provider {
  const callback = `${publicUrl}${CALLBACK_PATH}`;
  let known: Promise<client.Configuration> | undefined;
  /** Asked for at the first use, and again after a failure: a provider that is away must not stop our start. */
  const configuration = (): Promise<client.Configuration> => {
    known ??= client
      .discovery(
        new URL(issuer),
        clientId,
        undefined,
        clientSecret === undefined ? client.None() : client.ClientSecretBasic(clientSecret),
        {
          timeout: ANSWER_WITHIN_S,
          // Loopback only: the settings refuse any other provider without TLS.
          execute: issuer.startsWith("http:") ? [client.allowInsecureRequests] : [],
        },
      )
      .catch((error: unknown) => {
        known = undefined;
        throw error;
      });
    return known;
  };
  return {
    issuer,
    begin: async () => {
      const config = await configuration();
      const journey = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
      };
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: callback,
        scope: "openid",
        state: journey.state,
        nonce: journey.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(journey.verifier),
        code_challenge_method: "S256",
      });
      return { url, journey };
    },
    finish: async (search, { state, nonce, verifier }) => {
      const tokens = await client.authorizationCodeGrant(await configuration(), new URL(`${callback}${search}`), {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new Error("the provider gave no ID token");
      return { issuer: claims.iss, subject: claims.sub };
    },
  };
}
