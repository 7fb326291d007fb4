/** Who is signed in, for every part of the page. */
import { createContext, useContext } from "react";
import type { Session } from "../../api/session/schema.js";

export interface SignedIn {
  readonly session: Session;
  /** What is known of the session is read again: a second factor was set up or taken off. */
  readonly renew: () => void;
  /** The session has ended on the server: back to the sign-in form. */
  readonly expire: () => void;
}

export const SessionContext = createContext<SignedIn | undefined>(undefined);

/** Throws outside of `SessionContext`: a programmer's error. */
export function useSession(): SignedIn {
  const signedIn = useContext(SessionContext);
  if (signedIn === undefined) throw new Error("nobody is signed in here");
  return signedIn;
}
