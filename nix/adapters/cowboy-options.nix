# What this machine makes of locked plugins for Cowboy: `programs.plugin-lock.cowboy`.
{ lib }:
let
  inherit (lib) mkOption types;

  plugin = mkOption {
    type = types.str;
    example = "weather-plugin";
    description = "The locked plugin, as in `plugins.toml`.";
  };

  text =
    description:
    mkOption {
      type = types.str;
      example = "The weather at a place";
      inherit description;
    };

  # A file of secrets is read when a service starts, and named by a text: a path of Nix would be copied to the store.
  secretsFile =
    description:
    mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "/run/agenix/weather";
      inherit description;
    };

  command = mkOption {
    type = types.str;
    example = "weather-now --place {place}";
    description = ''
      A program of the plugin, and its arguments. The program becomes its path in the store; the rest, `{placeholders}`
      included, stays as it is. Of a plugin folder it is the `executable` of its manifest.
    '';
  };

  skill.options = {
    inherit plugin;

    description = text "What the skill is for, in words for people.";

    prompt = mkOption {
      type = types.nullOr types.path;
      default = null;
      example = lib.literalExpression "./prompts/weather.md";
      description = "The prompt, as a file. Exactly one of `prompt`, `promptFile` and `promptText` is set.";
    };

    promptFile = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "weather_plugin/prompts/weather.md";
      description = "The prompt, as a file of the plugin: relative to site-packages, or to the plugin's folder.";
    };

    promptText = mkOption {
      type = types.nullOr types.lines;
      default = null;
      description = "The prompt itself.";
    };

    interpreter = mkOption {
      type = types.nullOr (types.strMatching "[A-Za-z0-9][A-Za-z0-9._-]*");
      default = null;
      example = "weather-python";
      description = ''
        The name under which agents find a Python that imports the plugin's packages. It is a name of its own because
        `python` of two skills would be in each other's way.
      '';
    };

    requires = mkOption {
      type = types.listOf types.package;
      default = [ ];
      example = lib.literalExpression "[ pkgs.jq ]";
      description = "Further packages for the agents' PATH, besides the plugin's own programs.";
    };

    additionalTools = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "bash" ];
      description = "Tools that are there while the skill is active.";
    };

    tags = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "weather" ];
      description = "Words to find the skill by.";
    };

    autoLoad = mkOption {
      type = types.bool;
      default = false;
      description = "Whether the skill is always active.";
    };
  };

  tool.options = {
    inherit command plugin;

    description = text "What the tool does, in words for the agent.";

    schema = mkOption {
      type = types.attrsOf types.anything;
      default = { };
      example = lib.literalExpression ''{ type = "object"; properties.place.type = "string"; }'';
      description = "The JSON Schema of what the tool is given.";
    };

    sandbox = mkOption {
      type = types.enum [
        "standard"
        "strict"
        "none"
      ];
      default = "standard";
      description = "What the tool may reach. It is the machine's owner who says so, never the plugin.";
    };
  };

  bridge.options = {
    inherit plugin;

    env = secretsFile "The path of a file with the bridge's variables, read when its services start; never in the store.";

    user = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "broker";
      description = "The user that the bridge's services run as; `null` leaves it to Cowboy.";
    };

    icon = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "What the bridge is shown with; `null` leaves it to Cowboy.";
    };

    approval = mkOption {
      type = types.attrsOf types.anything;
      default = { };
      example = {
        required = true;
      };
      description = "Cowboy's `approval` of the bridge, as it stands.";
    };
  };

  service.options = {
    inherit plugin;

    command = mkOption {
      type = types.str;
      example = "weatherd --port 4000";
      description = ''
        A program of the plugin, and its arguments. The program becomes its path in the store; the rest is read by
        systemd, for which `%` begins a specifier and `$` a variable.
      '';
    };

    description = text "What the service is for, in words for people.";

    user = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "weather";
      description = "The user that the service runs as; `null` is a user of its own, made when it starts.";
    };

    environmentFile = secretsFile "The path of a file with variables, read when the service starts; never in the store.";
  };

  registry =
    one: description:
    mkOption {
      type = types.attrsOf (types.submodule one);
      default = { };
      inherit description;
    };
in
{
  skills = registry skill ''
    Skills for `services.cowboy.skills`, by Cowboy's name for them. The plugin's programs are on the PATH of the agents.
  '';

  tools = registry tool ''
    Tools for `services.cowboy.tools`, by Cowboy's name for them.
  '';

  bridges = registry bridge ''
    Bridges for `services.cowboy.bridges`, by Cowboy's name for them. The plugin has the console scripts
    `<name>-ping`, `<name>-ingest` and `<name>-outbox`.
  '';

  services = registry service ''
    Services that plugins need beside the agents, by the name of their systemd unit. They run with and without Cowboy,
    and start with `cowboy.target` where there are agents.
  '';
}
