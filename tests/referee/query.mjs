// What Referee.cs runs: opens TRACE, answers the statements of FILE (one JSON array of strings) with one JSON array of row arrays, and the
// import problems first. Every cell is a string, null stays null: numbers may have 64 bits. Usage: node query.mjs TRACE FILE
import fs from 'node:fs';
import {TraceProcessor} from './perfetto-sql.mjs';

const [trace, file] = process.argv.slice(2);
const tp = await TraceProcessor.open(trace, {quiet: true});
tp.queryOrThrow('include perfetto module slices.with_context');  // thread_slice: slices with their thread's and process's columns
const cell = (c) => c === null ? null : c instanceof Uint8Array ? '0x' + Buffer.from(c).toString('hex') : String(c);
const answers = JSON.parse(fs.readFileSync(file, 'utf8')).map((sql) => tp.queryOrThrow(sql).rows.map((r) => r.map(cell)));
const errors = tp.importErrors().map((e) => `${e.severity}: ${e.name}${e.idx === null ? '' : `[${e.idx}]`} = ${e.value}`);
fs.writeFileSync(file + '.out', JSON.stringify({errors, answers}));
