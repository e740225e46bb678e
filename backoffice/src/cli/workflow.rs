//! The workflows, drawn from their code.

use clap::{Subcommand, ValueEnum};
use sealwright::diagrams;
use serde_json::json;

use super::exit::{Exit, Failure};
use super::output::Output;

/// `sealwright workflow`.
#[derive(Subcommand, Debug)]
pub(crate) enum Workflow {
    /// The workflows there are
    List,
    /// Print a workflow's state diagram
    Diagram {
        /// The workflow
        #[arg(value_parser = diagrams::NAMES)]
        name: String,
        /// As what
        #[arg(long, value_enum, default_value_t = Format::Mermaid)]
        format: Format,
    },
}

/// What a diagram is printed as.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// Text that GitHub and others draw
    Mermaid,
    /// A picture
    Svg,
}

impl Workflow {
    pub(super) fn run(self, output: &Output) -> Result<(), Failure> {
        match self {
            Workflow::List => {
                let names: Vec<_> = diagrams::NAMES.iter().map(|name| json!({"name": name})).collect();
                output.many(&names, "", || {
                    let mut table = super::table::Table::new(["NAME"]);
                    diagrams::NAMES.iter().for_each(|name| table.row([*name]));
                    table
                })
            }
            Workflow::Diagram { name, format } => {
                let text = draw(&name, format)?;
                output.one(&json!({"workflow": name, "diagram": text}), || text.clone())
            }
        }
    }
}

fn draw(name: &str, format: Format) -> Result<String, Failure> {
    let diagram = diagrams::of(name).ok_or_else(|| {
        let todo = format!("There are {}.", diagrams::NAMES.join(", "));
        Failure::new(Exit::NotFound, "no-workflow", format!("there is no workflow `{name}`"), todo)
    })?;
    Ok(match format {
        Format::Mermaid => diagram.to_mermaid(),
        Format::Svg => diagram.to_svg(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workflow_is_drawn_both_ways() {
        for name in diagrams::NAMES {
            assert!(draw(name, Format::Mermaid).unwrap().starts_with("stateDiagram-v2"), "{name}");
            assert!(draw(name, Format::Svg).unwrap().trim_end().ends_with("</svg>"), "{name}");
        }
        assert_eq!(draw("nothing", Format::Svg).unwrap_err().exit, Exit::NotFound);
    }
}
