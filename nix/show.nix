# Foreign text in an error: on one line, harmless to a terminal, not endless.
text:
let
  longest = 80;
  length = builtins.stringLength text;
in
if length > longest then
  "of ${toString length} bytes"
else if text != "" && builtins.match "[A-Za-z0-9._+!-]*" text != null then
  text
else if builtins.match "[ -~]*" text != null then
  "`${text}`"
else
  builtins.toJSON text
