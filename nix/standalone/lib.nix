# The functions of nixpkgs' `lib` that this library uses, under the same names and with the same meaning.
let
  inherit (builtins)
    attrNames
    elem
    elemAt
    filter
    genList
    isString
    length
    listToAttrs
    map
    replaceStrings
    split
    stringLength
    substring
    ;

  characters = text: genList (position: substring position 1 text) (stringLength text);

  nameValuePair = name: value: { inherit name value; };

  hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;

  hasSuffix =
    suffix: text:
    let
      start = stringLength text - stringLength suffix;
    in
    start >= 0 && substring start (-1) text == suffix;

  imap = start: f: list: genList (position: f (position + start) (elemAt list position)) (length list);

  mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);

  attrByPath =
    path: default: set:
    if path == [ ] then
      set
    else if builtins.isAttrs set && set ? ${builtins.head path} then
      attrByPath (builtins.tail path) default set.${builtins.head path}
    else
      default;
in
{
  inherit
    attrByPath
    hasPrefix
    hasSuffix
    mapAttrsToList
    ;

  imap0 = imap 0;
  imap1 = imap 1;

  last = list: elemAt list (length list - 1);
  init = list: genList (elemAt list) (length list - 1);
  take = count: list: genList (elemAt list) (if count < length list then count else length list);
  optional = condition: value: if condition then [ value ] else [ ];
  optionals = condition: list: if condition then list else [ ];
  subtractLists = taken: list: filter (item: !elem item taken) list;
  unique = builtins.foldl' (found: item: if elem item found then found else found ++ [ item ]) [ ];

  genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
  mapAttrs' = f: set: listToAttrs (mapAttrsToList f set);
  filterAttrs = keep: set: builtins.removeAttrs set (filter (name: !keep name set.${name}) (attrNames set));
  optionalAttrs = condition: set: if condition then set else { };

  optionalString = condition: text: if condition then text else "";
  concatMapStringsSep = separator: f: list: builtins.concatStringsSep separator (map f list);
  removePrefix =
    prefix: text: if hasPrefix prefix text then substring (stringLength prefix) (-1) text else text;
  removeSuffix =
    suffix: text:
    if hasSuffix suffix text then substring 0 (stringLength text - stringLength suffix) text else text;
  # The separators used here are single characters without a meaning in expressions, or a dot.
  splitString =
    separator: text:
    filter isString (split (replaceStrings [ "." ] [ "[.]" ] separator) text);
  toLower = replaceStrings (characters "ABCDEFGHIJKLMNOPQRSTUVWXYZ") (characters "abcdefghijklmnopqrstuvwxyz");

  isFunction = value: builtins.isFunction value || value ? __functor;

  getLib = package: package.lib or package;
  getBin = package: package.bin or package;
}
