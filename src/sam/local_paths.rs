//! Which properties of which resources are paths on this machine (AWS CLI, "aws cloudformation package").

use std::path::Path;

use crate::archive::{normalized, relative};

/// Types of resources with the properties that name a file or folder beside the template; `.` stands between a property
/// and one within it.
pub(super) const LOCAL_PATHS: &[(&str, &[&str])] = &[
    ("AWS::Serverless::Function", &["CodeUri"]),
    ("AWS::Serverless::LayerVersion", &["ContentUri"]),
    ("AWS::Serverless::Api", &["DefinitionUri"]),
    ("AWS::Serverless::HttpApi", &["DefinitionUri"]),
    ("AWS::Serverless::StateMachine", &["DefinitionUri"]),
    ("AWS::Serverless::Application", &["Location"]),
    ("AWS::Lambda::Function", &["Code"]),
    ("AWS::Lambda::LayerVersion", &["Content"]),
    ("AWS::ApiGateway::RestApi", &["BodyS3Location"]),
    ("AWS::ApiGatewayV2::Api", &["BodyS3Location"]),
    ("AWS::AppSync::GraphQLSchema", &["DefinitionS3Location"]),
    (
        "AWS::AppSync::Resolver",
        &["RequestMappingTemplateS3Location", "ResponseMappingTemplateS3Location", "CodeS3Location"],
    ),
    (
        "AWS::AppSync::FunctionConfiguration",
        &["RequestMappingTemplateS3Location", "ResponseMappingTemplateS3Location", "CodeS3Location"],
    ),
    ("AWS::ElasticBeanstalk::ApplicationVersion", &["SourceBundle"]),
    ("AWS::CloudFormation::ModuleVersion", &["ModulePackage"]),
    ("AWS::CloudFormation::ResourceVersion", &["SchemaHandlerPackage"]),
    ("AWS::CloudFormation::Stack", &["TemplateURL"]),
    ("AWS::CloudFormation::StackSet", &["TemplateURL"]),
    ("AWS::Glue::Job", &["Command.ScriptLocation"]),
    ("AWS::StepFunctions::StateMachine", &["DefinitionS3Location"]),
];

/// The type of a GraphQL interface, and the properties by which it names code at any depth.
pub(super) const GRAPHQL: (&str, &[&str]) = ("AWS::Serverless::GraphQLApi", &["SchemaUri", "CodeUri"]);

/// The property that names the code of what is built.
pub(super) fn built_property(kind: &str) -> Option<&'static str> {
    LOCAL_PATHS.iter().find(|(name, _)| *name == kind).and_then(|(_, properties)| properties.first()).copied()
}

/// `path`, which starts at `from`, as a path that starts at `to`. Both folders are absolute.
pub(super) fn moved(path: &str, from: &Path, to: &Path) -> String {
    let moved = relative(&normalized(&from.join(path)), &normalized(to));
    if moved.as_os_str().is_empty() { ".".to_owned() } else { moved.to_string_lossy().into_owned() }
}
