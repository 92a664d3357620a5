# A small language for the shape of a table: which keys it must and may have, and what their values are.
#
# A shape is a function from a place and a value to a list of problems, so that `where` is built only for errors.
{ lib }:
let
  show = import ./show.nix;

  problem = problemOf 7;

  problemOf = rule: where: message: [
    {
      inherit rule;
      entry = if where == "" then "the top level" else where;
      inherit message;
    }
  ];

  scalar =
    expected: accepts: where: value:
    if accepts value then [ ] else problem where "is ${builtins.typeOf value}, not ${expected}";

  isHash = key: key == "hashes" || key == "nar-hash";

  below = where: key: if where == "" then show key else "${where}.${show key}";

  string = scalar "a string" builtins.isString;

  listOf =
    item: where: value:
    if builtins.isList value then
      builtins.concatLists (lib.imap0 (position: item "${where}[${toString position}]") value)
    else
      problem where "is ${builtins.typeOf value}, not an array";
in
{
  inherit string listOf;

  integer = scalar "an integer" builtins.isInt;
  boolean = scalar "a boolean" builtins.isBool;

  # Almost always right, so the whole list is looked at before any item gets a place.
  strings =
    where: value:
    if builtins.isList value && builtins.all builtins.isString value then
      [ ]
    else
      listOf string where value;

  # A table whose keys are data, such as names of systems.
  mapOf =
    item: where: value:
    if builtins.isAttrs value then
      builtins.concatLists (lib.mapAttrsToList (key: item (below where key)) value)
    else
      problem where "is ${builtins.typeOf value}, not a table";

  # A word of the format itself.
  word =
    expected: where: value:
    if value == expected then [ ] else problem where "is not ${show expected}, all that this library reads";

  # Of keys that exclude each other.
  atMostOne =
    keys: where: value:
    let
      present = if builtins.isAttrs value then builtins.filter (key: value ? ${key}) keys else [ ];
    in
    if builtins.length present < 2 then
      [ ]
    else
      problem where "has ${builtins.concatStringsSep " and " present}, which exclude each other";

  exactlyOne =
    keys: where: value:
    if builtins.isAttrs value && !builtins.any (key: value ? ${key}) keys then
      problemOf 8 where "has none of ${builtins.concatStringsSep ", " keys}"
    else
      [ ];

  # One value for all, or a table.
  eitherOf =
    first: second: where: value:
    if builtins.isAttrs value then second where value else first where value;

  table =
    {
      required ? { },
      optional ? { },
      # The rules that an unknown and an absent key break: what is absent was cut off, but for hashes.
      rule ? 7,
      absentRule ? if rule == 7 then 8 else rule,
    }:
    let
      known = optional // required;
      knownNames = builtins.attrNames known;
      requiredNames = builtins.attrNames required;
    in
    where: value:
    if !builtins.isAttrs value then
      problem where "is ${builtins.typeOf value}, not a table"
    else
      let
        missing = builtins.filter (key: !(value ? ${key})) requiredNames;
        unknown = builtins.attrNames (builtins.removeAttrs value knownNames);
        present = builtins.intersectAttrs value known;
      in
      builtins.concatLists (
        map (key: problemOf (if isHash key then 1 else absentRule) (below where key) "is absent") missing
        ++ map (
          key:
          problemOf rule (below where key) "is not a key of this format; known are ${builtins.concatStringsSep ", " knownNames}"
        ) unknown
        ++ lib.mapAttrsToList (key: shape: shape (below where key) value.${key}) present
      );
}
