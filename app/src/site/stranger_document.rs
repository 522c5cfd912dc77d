use super::document::HeadTags;
use super::layout::SplitLayout;
use super::scripts::lean;
use crate::settings::AppSettings;
use crate::ui::{Flash, Mark, PageContext, PageLoad};
use leptos::nonce::Nonce;
use leptos::prelude::*;

/// What a stranger's document knows of the request that it answers.
pub struct StrangerContext {
    /// Where styles are.
    pub options: LeptosOptions,
    /// The owner's settings.
    pub settings: AppSettings,
    /// The message of the last form.
    pub flash: Flash,
    /// Of the page's scripts.
    pub nonce: Nonce,
}

/// What is said at the top of a stranger's document.
#[derive(Clone, Copy)]
pub(crate) struct StrangerHead {
    /// Before the site's name.
    pub(crate) title: &'static str,
    /// The `h1`, around the site's name.
    pub(crate) heading: [&'static str; 2],
    pub(crate) lead: &'static str,
    /// Before those that each such document has.
    pub(crate) scripts: &'static str,
}

/// A form under way is not sent a second time.
const SCRIPTS: &str = include_str!("../scripts/submit_once.js");

/// A whole document for somebody who is not signed in, which looks as the program's own do. The server alone draws it.
pub(crate) fn stranger_document(
    context: StrangerContext,
    head: StrangerHead,
    form: impl FnOnce() -> AnyView + Send + 'static,
) -> String {
    let StrangerContext { options, settings, flash, nonce } = context;
    Owner::new_root(None).with(|| {
        provide_context(settings.clone());
        provide_context(PageContext {
            account: Signal::stored(None),
            follow: Callback::new(|_| ()),
            session_ended: Callback::new(|()| ()),
            password_min: settings.password_min,
            load: PageLoad::new(flash, false),
        });
        let StrangerHead { title, heading: [before, after], lead, scripts } = head;
        let scripts = [scripts, SCRIPTS].map(lean).join("\n");
        let name = settings.name.clone();
        view! {
            <!DOCTYPE html>
            <html lang=words::language().code()>
                <head>
                    <HeadTags options settings=settings.clone()/>
                    <title>{words::site::title(title, &name)}</title>
                </head>
                <body>
                    <a class="skip-link" href="#main">{words::site::skip()}</a>
                    <main id="main" tabindex="-1">
                        <SplitLayout>
                            <a class="home-link" href=settings.home().to_owned() aria-label=name.clone()>
                                <Mark/>
                            </a>
                            <h1>{before} <bdi>{name}</bdi> {after}</h1>
                            <p class="lead">{lead}</p>
                            {form()}
                        </SplitLayout>
                    </main>
                    <script nonce=nonce>{scripts}</script>
                </body>
            </html>
        }
        .to_html()
    })
}
