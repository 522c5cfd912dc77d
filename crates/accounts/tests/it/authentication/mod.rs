mod email_code;
mod factors;
mod known_devices;
mod names;
mod networks;
mod sign_in;
mod throttle;
mod timing;
