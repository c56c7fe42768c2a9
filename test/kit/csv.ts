/** CSV read by the grammar of RFC 4180, written anew: what the grammar does not have is an error. */
import assert from "node:assert/strict";

export function csvRecords(text: string): readonly (readonly string[])[] {
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  const records: string[][] = [[]];
  while (field.lastIndex < text.length) {
    const at = field.lastIndex;
    const match = field.exec(text);
    assert.ok(match, `no field at ${at}: ${text.slice(at, at + 40)}`);
    records.at(-1)!.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] === "\r\n" && field.lastIndex < text.length) records.push([]);
  }
  const width = records[0]!.length;
  for (const record of records)
    assert.equal(record.length, width, "every record has the same number of fields");
  return records;
}
