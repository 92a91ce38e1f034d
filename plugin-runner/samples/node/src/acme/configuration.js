/*
 * The files phones read: `name=value`, one a line. A phone keeps what a file leaves out, so every name is always there.
 */
'use strict';

const { abilities } = require('./family');
const { Refusal } = require('../refusal');

const MEDIA_TYPE = 'text/plain; charset=utf-8';

/** What a phone calls its transports; it speaks UDP unless told. */
const TRANSPORTS = { SIP_TRANSPORT_TCP: 'tcp', SIP_TRANSPORT_TLS: 'tls' };
/** What a phone calls its keys; it has none for parking. */
const KEYS = { FUNCTION_KEY_TYPE_SPEEDDIAL: 'dial', FUNCTION_KEY_TYPE_BLF: 'watch' };

/** Parameter of our own: what the phone shows when it is idle. */
const GREETING = 'X_acme_greeting';

/** The file of all phones. */
function commonFile(rawConfig) {
  const base = rawConfig.http_base_url;
  const lines = [
    '# Acme',
    setting('provisioning.url', `${base}/`),
    setting('dialplan.url', `${base}/acme-dialplan.xml`),
    setting('time.server', rawConfig.ntp_ip),
  ];
  return { path: 'acme.cfg', content: text(lines), media_type: MEDIA_TYPE };
}

/** The file of one phone, and what an operator should know about it. */
function deviceFile(device, rawConfig) {
  const info = device.info || {};
  const path = pathOf(info.mac);
  const able = abilities(info.model);
  const warnings = [];
  const lines = [
    `# Acme ${clean(info.model || 'phone')} ${info.mac}`,
    ...phone(rawConfig),
    ...accounts(rawConfig.sip_lines, able.lines, warnings),
    ...keys(rawConfig.funckeys, able.keys, warnings),
  ];
  const file = { path, content: text(lines), media_type: MEDIA_TYPE, sensitive: true };
  return { file, warnings };
}

/** Path of the file of the phone with this MAC address. */
function pathOf(mac) {
  if (!mac) throw Refusal.insufficient('the device has no MAC address, which its file is named after: state one');
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac)) throw Refusal.invalid('the MAC address of the device is none');
  return `acme-${mac.replace(/:/g, '')}.cfg`;
}

function phone(rawConfig) {
  const sip = rawConfig.sip || {};
  const admin = rawConfig.admin || {};
  return [
    setting('time.server', rawConfig.ntp_ip),
    setting('time.zone', rawConfig.timezone),
    setting('language', rawConfig.locale.split('_')[0]),
    setting('transport', TRANSPORTS[sip.transport] || 'udp'),
    setting('vlan', rawConfig.vlan ? rawConfig.vlan.id : ''),
    setting('admin.password', admin.password),
    setting('greeting', greeting(rawConfig.extras_json)),
  ];
}

/** A parameter that the contract does not know comes as JSON. */
function greeting(extras) {
  const json = extras[GREETING];
  if (json === undefined) return '';
  let value;
  try {
    value = JSON.parse(json);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'string') throw Refusal.invalid(`${GREETING}: expected a text`);
  return value;
}

function accounts(sipLines, most, warnings) {
  beyond('sip_lines', sipLines, most, `this phone has ${most} lines`, warnings);
  const lines = [];
  for (let number = 1; number <= most; number += 1) {
    const line = sipLines[number] || {};
    const server = line.registrar || line.proxy || {};
    lines.push(
      setting(`line.${number}.name`, line.display_name),
      setting(`line.${number}.server`, server.ip),
      setting(`line.${number}.port`, server.port),
      setting(`line.${number}.user`, line.username),
      setting(`line.${number}.auth`, line.auth_username),
      setting(`line.${number}.password`, line.password),
    );
  }
  return lines;
}

function keys(funckeys, most, warnings) {
  const lines = [];
  for (let position = 1; position <= most; position += 1) {
    const key = funckeys[position];
    const kind = key && KEYS[key.type];
    if (key && !kind) warnings.push({ parameter: `funckeys.${position}`, message: 'this phone has no such kind of key' });
    const shown = kind ? key : {};
    lines.push(
      setting(`key.${position}.kind`, kind || 'none'),
      setting(`key.${position}.line`, kind ? shown.line || 1 : ''),
      setting(`key.${position}.number`, shown.value),
      setting(`key.${position}.label`, shown.label),
    );
  }
  beyond('funckeys', funckeys, most, `this phone has ${most} keys`, warnings);
  return lines;
}

/** Warns of every number that the phone does not have, in order. */
function beyond(parameter, numbered, most, message, warnings) {
  const numbers = Object.keys(numbered).map(Number);
  const missing = numbers.filter((number) => number < 1 || number > most).sort((one, other) => one - other);
  warnings.push(...missing.map((number) => ({ parameter: `${parameter}.${number}`, message })));
}

function setting(name, value) {
  return `${name}=${clean(value === undefined || value === null ? '' : String(value))}`;
}

/** No value may begin a line of its own. */
function clean(value) {
  return value.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}

function text(lines) {
  return Buffer.from(`${lines.join('\n')}\n`, 'utf8');
}

module.exports = { commonFile, deviceFile };
