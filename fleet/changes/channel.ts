/** Where followers of one operator's feed are told that it has grown. */
export function changesChannel(operatorId: string): string {
  return `operator:${operatorId}:changes`;
}
