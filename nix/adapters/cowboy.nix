# Cowboy: locked plugins as its skills, tools and bridges, and the services that they need, on NixOS.  Imported beside
# plugin-lock's own module; the services run, and all of it evaluates, without Cowboy's module and without agents.
{
  config,
  lib,
  options,
  pkgs,
  ...
}:
let
  cfg = config.programs.plugin-lock.cowboy;

  hosts = config.programs.plugin-lock.hosts;

  host = hosts.cowboy;

  isWanted = hosts ? cowboy && host.enable;

  # A default of a module's argument is never used, so what a machine without Cowboy has instead stands here.  Older
  # releases of Cowboy have agents and no such argument.
  cowboyLib =
    config._module.args.cowboyLib or {
      enabledAgents = lib.filterAttrs (_: agent: agent.enable) (config.services.cowboy.agents or { });
    };

  hasAgents = cowboyLib.enabledAgents != { };

  inherit (host) library;

  list = builtins.concatStringsSep ", ";

  fail = option: problem: throw "plugin-lock: programs.plugin-lock.cowboy.${option}: ${problem}";

  pluginOf =
    option: name:
    library.plugins.${name} or (fail option (
      "${name} is no plugin of this machine, which has ${list (builtins.attrNames library.plugins)}; "
      + "name one of them, select it with programs.plugin-lock.hosts.cowboy.plugins, "
      + "or run `plugin-lock add ${name}`"
    ));

  makePrograms = import ./plugin-programs.nix {
    inherit lib library pkgs;
    host =
      if lib.isFunction host.environment then host.environment host.package else host.environment;
  };

  scriptsOf = plugin: plugin.metadata.consoleScripts;

  # Program -> its path: the console scripts of a package, the executable of a folder.
  pathsOf =
    plugin:
    if plugin.directory == null then
      lib.genAttrs (scriptsOf plugin) (script: "${makePrograms { inherit plugin; }}/bin/${script}")
    else
      lib.optionalAttrs (plugin.manifest ? executable) {
        ${plugin.manifest.executable} = "${plugin.directory}/${plugin.manifest.executable}";
      };

  # The first word is the program; the rest is Cowboy's to fill in.
  commandOf =
    option: entry:
    let
      plugin = pluginOf option entry.plugin;
      paths = pathsOf plugin;
      program = builtins.head (lib.splitString " " entry.command);
      known = builtins.attrNames paths;
    in
    if paths ? ${program} then
      paths.${program} + lib.removePrefix program entry.command
    else
      fail "${option}.command" (
        "`${program}` is no program of ${entry.plugin}, "
        + (if known == [ ] then "which has none" else "which has ${list known}")
        + "; begin the command with a program of the plugin, by its bare name"
      );

  # Paths, never what a path of Nix would copy to where everyone reads it.
  secretsFile =
    option: path:
    if path == null || (lib.hasPrefix "/" path && !lib.hasPrefix "${builtins.storeDir}/" path) then
      path
    else
      fail option (
        "${path} is not an absolute path outside of the store, where everyone could read it; "
        + "name the place where the file lies on the machine, as a string"
      );

  # A folder of the project may be read while evaluating.  A file of others is there when it is built, and looked at: it
  # could be a link to anywhere.
  promptInside =
    option: plugin: file:
    let
      folder =
        if plugin.directory != null then
          plugin.directory
        else if plugin.package != null then
          "${plugin.package}/${library.python.sitePackages}"
        else
          fail option "${plugin.name} is shipped by the host, so the lock has no files of it; use `prompt`";
    in
    if builtins.match "/.*|([^/]*/)*[.][.](/.*)?" file != null then
      fail option "${file} leads out of the plugin; name a file of it by its relative path"
    else if plugin.sourcePath != null && plugin.metadata.asked ? path then
      if builtins.pathExists (builtins.dirOf host.lock + "/${plugin.metadata.asked.path}/${file}") then
        "${plugin.sourcePath}/${file}"
      else
        fail option "${plugin.name} has no file ${file}; name one of ${plugin.metadata.asked.path}"
    else
      "${
        pkgs.stdenvNoCC.mkDerivation {
          name = "${plugin.name}-prompt.md";
          # The builder reads variables.
          __structuredAttrs = false;
          prompt = "${folder}/${file}";
          problem = "plugin-lock: programs.plugin-lock.cowboy.${option}: ${plugin.name} has no file ${file}";
          buildCommand = ''
            if [ ! -f "$prompt" ]; then
              echo "$problem" >&2
              exit 1
            fi
            cp "$prompt" "$out"
          '';
        }
      }";

  makeSkill =
    name: skill:
    let
      option = "skills.${name}";
      plugin = pluginOf option skill.plugin;
      prompts = builtins.filter (prompt: prompt != null) [
        skill.prompt
        skill.promptFile
        skill.promptText
      ];
      hasPrograms = scriptsOf plugin != [ ] || skill.interpreter != null;
    in
    if builtins.length prompts != 1 then
      fail option "set exactly one of `prompt`, `promptFile` and `promptText`"
    else if builtins.elem skill.interpreter (scriptsOf plugin) then
      fail "${option}.interpreter" "${plugin.name} has a program ${skill.interpreter}; take another name"
    else
      {
        inherit (skill)
          additionalTools
          autoLoad
          description
          tags
          ;
        requires =
          lib.optional hasPrograms (makePrograms {
            inherit plugin;
            inherit (skill) interpreter;
          })
          ++ skill.requires;
      }
      // (
        if skill.promptText != null then
          { inherit (skill) promptText; }
        else if skill.prompt != null then
          { inherit (skill) prompt; }
        else
          { prompt = promptInside "${option}.promptFile" plugin skill.promptFile; }
      );

  makeTool = name: tool: {
    command = commandOf "tools.${name}" tool;
    package = packageOf (pluginOf "tools.${name}" tool.plugin);
    inherit (tool) description sandbox schema;
  };

  packageOf =
    plugin: if plugin.directory == null then makePrograms { inherit plugin; } else plugin.directory;

  makeBridge =
    name: bridge:
    let
      option = "bridges.${name}";
      plugin = pluginOf option bridge.plugin;
      missing = lib.subtractLists (scriptsOf plugin) (
        map (part: "${name}-${part}") [
          "ping"
          "ingest"
          "outbox"
        ]
      );
    in
    if missing != [ ] then
      fail option (
        "${bridge.plugin} has no console script ${list missing}, which Cowboy starts; "
        + "name the bridge as its scripts are named, or take a version that has them: "
        + "`plugin-lock update ${bridge.plugin}`"
      )
    else
      {
        pkg = makePrograms { inherit plugin; };
        env = secretsFile "${option}.env" bridge.env;
        inherit (bridge) approval;
      }
      // lib.filterAttrs (_: value: value != null) { inherit (bridge) icon user; };

  # Pulled in softly, so that neither a failing service nor one that starts over and over holds up the target.
  makeService = name: service: {
    inherit (service) description;
    wantedBy = [ (if hasAgents then "cowboy.target" else "multi-user.target") ];
    unitConfig = {
      StartLimitBurst = 5;
      StartLimitIntervalSec = 300;
    };
    serviceConfig = {
      ExecStart = commandOf "services.${name}" service;
      Restart = "on-failure";
      RestartSec = 5;
    }
    // (if service.user == null then { DynamicUser = true; } else { User = service.user; })
    // lib.optionalAttrs (service.environmentFile != null) {
      EnvironmentFile = secretsFile "services.${name}.environmentFile" service.environmentFile;
    };
  };

  skills = builtins.mapAttrs makeSkill cfg.skills;
  tools = builtins.mapAttrs makeTool cfg.tools;
  bridges = builtins.mapAttrs makeBridge cfg.bridges;

  # One value of each that cannot be had where it is wrong.
  essentials =
    map (skill: skill.prompt or skill.promptText) (builtins.attrValues skills)
    ++ map (tool: tool.command) (builtins.attrValues tools)
    ++ map (bridge: [
      bridge.pkg.name
      bridge.env
    ]) (builtins.attrValues bridges);

  # Asked for without a lock, which would otherwise be left out without a word.
  isAsked = builtins.any (registry: registry != { }) (builtins.attrValues cfg);
in
{
  options.programs.plugin-lock.cowboy = import ./cowboy-options.nix { inherit lib; };

  config = lib.mkMerge [
    {
      assertions = [
        {
          assertion = hosts ? cowboy || !isAsked;
          message =
            "plugin-lock: programs.plugin-lock.cowboy is set, and no lock is; "
            + "set programs.plugin-lock.hosts.cowboy.lock to it";
        }
        {
          # A mistake ends the evaluation with its own words, on machines without agents as well.
          assertion = !isWanted || builtins.deepSeq essentials true;
          message = "plugin-lock: programs.plugin-lock.cowboy is wrong";
        }
      ];
      systemd.services = lib.mkIf isWanted (builtins.mapAttrs makeService cfg.services);
    }
    # An undeclared option is an error even below `mkIf false`, so its definition is left out.
    (lib.optionalAttrs (options ? services.cowboy) {
      services.cowboy = lib.mkIf (isWanted && hasAgents) {
        inherit bridges skills tools;
      };
    })
  ];
}
