// Words of the import of people.
const en = {
  open: 'Import CSV',
  title: 'Import people',
  lead: 'The first line names the columns; email and name are needed. Roles and skills are separated by spaces or semicolons. People whose address is known are changed, and with one mistake nothing is imported.',
  leadShifts: 'Shifts are days with times, separated by semicolons, dates as exceptions; “none” takes them away, an empty cell leaves them as they are. The zone is the one they are meant in.',
  exampleShifts: 'Mon-Fri 09:00-12:00, 13:00-17:00; 2026-10-01 off',
  file: 'CSV file, UTF-8',
  import: 'Import',
  importFile: 'Import {name}',
  busy: 'Importing…',
  where: 'Line {line}, column {column}',
  whereNamed: 'Line {line}, column {column} ({name})',
  did: '{made} {made:person|people} added, {changed} changed.',
  passwords: 'First passwords. They are shown only now; tell them to people yourself.',
  copy: 'Copy the list',
  copied: 'Copied',
} as const;

export type RosterWord = keyof typeof en;

const zh: Record<RosterWord, string> = {
  open: '导入 CSV',
  title: '导入成员',
  lead: '第一行为列名，必须有 email 和 name。角色和技能用空格或分号分隔。邮箱已存在的成员会被更新；只要有一处错误，就什么都不导入。',
  leadShifts: 'shifts 列写星期和时间，用分号分隔，也可以写例外日期；写“无”表示取消班次，留空则保持不变。zone 列是班次所用的时区。',
  exampleShifts: '周一至周五 09:00-12:00, 13:00-17:00; 2026-10-01 休',
  file: 'CSV 文件（UTF-8）',
  import: '导入',
  importFile: '导入 {name}',
  busy: '正在导入…',
  where: '第 {line} 行第 {column} 列',
  whereNamed: '第 {line} 行第 {column} 列（{name}）',
  did: '新增 {made} 人，更新 {changed} 人。',
  passwords: '初始密码只在这里显示一次，请自行告知对方。',
  copy: '复制列表',
  copied: '已复制',
};

export const roster: Record<'en' | 'zh', Record<RosterWord, string>> = { en, zh };
