/**
 * How requests are checked against their schemas. A JSON body is taken as it is: a field nobody knows is an error, and
 * null is null. What comes as text (query, path, headers) is made the type that its schema says.
 */
import { AjvCompiler, type BuildCompilerFromPool } from "@fastify/ajv-compiler";

export const buildValidator: BuildCompilerFromPool = (externalSchemas) => {
  const build = AjvCompiler();
  const texts = build(externalSchemas, { customOptions: { removeAdditional: false } });
  const bodies = build(externalSchemas, { customOptions: { removeAdditional: false, coerceTypes: false } });
  return (route) => (typeof route === "object" && route.httpPart === "body" ? bodies : texts)(route);
};
